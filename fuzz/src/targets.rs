//! One function per decoder: takes any bytes and panics when the decoder breaks a promise. The fuzzer calls them, and
//! so does an ordinary test with every input that was ever found to break one.

#[path = "centrifuge.rs"]
mod centrifuge;
#[path = "../../protocol/tests/delivery/mod.rs"]
mod delivery;

pub use centrifuge::{api_body, centrifuge_json, centrifuge_protobuf, emulation_post, proxy_answer};

use hubwire::auth::jwt::Tokens;
use hubwire::config::Config;
use hubwire::ws::{Event, FrameReader, ReaderLimits, Violation};
use hubwire_actors::environment::Environment;
use hubwire_protocol::cluster::{ClusterMessage, Envelope};
use hubwire_protocol::event::{self, ErrorBody};
use hubwire_protocol::request::Want;
use hubwire_protocol::rooms::Rooms;
use hubwire_protocol::{address::ADDRESS_BYTES_MAX, Address, Codec, Dialect, ErrorCode, Limits, Position, SessionId};
use jsonwebtoken::{encode, EncodingKey, Header};
use std::cell::OnceCell;
use std::io::Write;

/// A decoder under test.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const ALL: &[(&str, Target)] = &[
    ("frame_reader", frame_reader),
    ("json_action", json_action),
    ("msgpack_action", msgpack_action),
    ("centrifuge_json", centrifuge_json),
    ("centrifuge_protobuf", centrifuge_protobuf),
    ("emulation_post", emulation_post),
    ("proxy_answer", proxy_answer),
    ("api_body", api_body),
    ("rooms_event", rooms_event),
    ("cluster_envelope", cluster_envelope),
    ("cluster_message", cluster_message),
    ("address", address),
    ("config", config),
    ("jwt", jwt),
];

/// Small, so that inputs of a few hundred bytes reach them.
const LIMITS: ReaderLimits = ReaderLimits { message_bytes_max: 200, fragments_max: 4 };

/// A stream of frames reads the same whether it comes at once or cut anywhere, and messages keep to the limits, with
/// and without compression. The first byte says where to cut.
pub fn frame_reader(data: &[u8]) {
    let Some((&piece_bytes, stream)) = data.split_first() else { return };
    for reader in [|| FrameReader::new(LIMITS), || FrameReader::new(LIMITS).inflating()] {
        check_reader(reader, stream, usize::from(piece_bytes).max(1));
    }
}

fn check_reader(reader: fn() -> FrameReader, stream: &[u8], piece_bytes: usize) {
    let whole = read(reader(), stream, stream.len().max(1));
    assert_eq!(whole, read(reader(), stream, piece_bytes), "pieces of {piece_bytes} bytes");
    assert_eq!(whole, read(reader(), stream, 1), "one byte at a time");
    for event in &whole.0 {
        match event {
            Event::Text(text) => {
                assert!(text.len() <= LIMITS.message_bytes_max);
                assert!(std::str::from_utf8(text).is_ok(), "text that is not UTF-8");
            }
            Event::Binary(bytes) => assert!(bytes.len() <= LIMITS.message_bytes_max),
            Event::Ping(payload) => assert!(payload.len() <= 125),
            Event::Close(Some(code)) => assert!((1000..5000).contains(code)),
            Event::Close(None) | Event::Pong => {}
        }
    }
}

fn read(mut reader: FrameReader, stream: &[u8], piece_bytes: usize) -> (Vec<Event>, Option<Violation>) {
    let mut events = Vec::new();
    for piece in stream.chunks(piece_bytes) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        loop {
            match reader.next(&mut input) {
                Ok(Some(Event::Close(code))) => {
                    events.push(Event::Close(code)); // nothing may follow it, so nobody reads on
                    return (events, None);
                }
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(violation) => return (events, Some(violation)),
            }
        }
        assert!(input.is_empty(), "input left without an event");
    }
    (events, None)
}

/// What is accepted can be delivered in both encodings.
pub fn json_action(data: &[u8]) {
    delivery::check_decode(Codec::Json, data);
}

/// What is accepted can be delivered in both encodings.
pub fn msgpack_action(data: &[u8]) {
    delivery::check_decode(Codec::MsgPack, data);
}

fn refusal(code: ErrorCode, message: &str) -> event::Event<'_> {
    event::Event::Error(ErrorBody { code, message, retry: true, retry_after_ms: None, not_done: &[], path: None })
}

/// What is said in a room is heard there, a room that is entered has a name, and whatever is refused is answered.
pub fn rooms_event(data: &[u8]) {
    let rooms = Rooms { org: "acme".parse().expect("an id"), first: Some("general".into()), recent: 20 };
    rooms.clone().install();
    let dialect = Dialect::of_rooms();
    let Ok(requests) = dialect.decode(data, &Limits::default()) else { return };
    for request in requests {
        let (to, re) = (request.to.as_ref(), request.re.as_deref());
        match request.want {
            Want::PublishInView(publish) => {
                let envelope = Envelope {
                    to: "ch:acme/general",
                    from: Some("u1"),
                    session: None,
                    id: None,
                    ts: 7,
                    kind: &publish.kind,
                    payload: publish.payload.as_deref(),
                    error: None,
                    meta: None,
                    narrowed: None,
                };
                let payload = publish.payload.as_deref().expect("a message");
                let action =
                    format!(r#"{{"type":"new_message","payload":{payload},"meta":{{"hub":{{"to":"org:acme"}}}}}}"#);
                assert!(Codec::Json.decode(action.as_bytes(), &Limits::default()).is_ok(), "as others send it");
                delivery::check_decode(Codec::Json, action.as_bytes());
                assert!(dialect.publication(&envelope, None).is_some(), "a message that nobody hears");
            }
            Want::View(_) => assert!(rooms.name(to.expect("a room")).is_some(), "a room without a name"),
            Want::Unreadable { code, message } => {
                assert!(dialect.event(&refusal(code, &message), to, re).is_some(), "a refusal without an answer");
            }
            _ => {}
        }
    }
}

/// What is accepted survives being written and read again.
pub fn cluster_envelope(data: &[u8]) {
    let Ok(envelope) = Envelope::decode(data) else { return };
    assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope));
}

/// What is accepted survives being written and read again.
pub fn cluster_message(data: &[u8]) {
    let Ok(message) = ClusterMessage::decode(data) else { return };
    assert_eq!(ClusterMessage::decode(&message.encode()), Ok(message));
}

/// An address or position has one text: what is accepted prints as it was written. Only the digits of a session may be
/// capitals (RFC 9562, section 4).
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(address) = text.parse::<Address>() {
        assert!(text.len() <= ADDRESS_BYTES_MAX);
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "fit for a log line and a key");
        match &address {
            Address::Session(_) => assert!(address.to_string().eq_ignore_ascii_case(text)),
            _ => assert_eq!(address.to_string(), text),
        }
    }
    if let Ok(position) = text.parse::<Position>() {
        assert_eq!(position.to_string(), text);
    }
    if let Ok(session) = text.parse::<SessionId>() {
        assert_eq!(session.to_string().parse(), Ok(session));
    }
}

/// A file is taken or refused with reasons, each of one line that steers no terminal.
pub fn config(data: &[u8]) {
    thread_local!(static FILE: OnceCell<tempfile::NamedTempFile> = const { OnceCell::new() });
    // the path of a secret's file is the operator's; the fuzzer's guesses could be a device that never ends
    if data.windows(5).any(|window| window == b"_file") {
        return;
    }
    FILE.with(|file| {
        let file = file.get_or_init(|| tempfile::NamedTempFile::new().expect("a temporary file"));
        let mut handle = file.reopen().expect("the temporary file");
        handle.set_len(0).expect("the temporary file");
        handle.write_all(data).expect("the temporary file");
        match Config::load(Some(file.path()), std::iter::empty(), &[]) {
            Ok(loaded) => {
                let _ = (loaded.to_string(), loaded.config.settings());
            }
            Err(errors) => assert!(!errors.0.is_empty() && !errors.to_string().is_empty()),
        }
    });
}

const SECRET: &str = "a secret of at least thirty-two bytes";

/// A token is taken only when it was signed; the claims of a signed one may still be anything.
pub fn jwt(data: &[u8]) {
    thread_local!(static TOKENS: Tokens = {
        let secrets = [("auth-jwt-secrets".to_owned(), SECRET.to_owned())];
        let loaded = Config::load(None, std::iter::empty(), &secrets).expect("defaults and a secret");
        Tokens::new(&loaded.config.auth, Environment::real()).unwrap()
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    TOKENS.with(|tokens| {
        assert!(tokens.verify(text).is_err(), "nobody signed it");
        let Ok(claims) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let Ok(token) = encode(&Header::default(), &claims, &key) else { return };
        if let Ok(identity) = tokens.verify(&token) {
            assert_eq!(claims["sub"].as_str(), Some(identity.user.as_str()));
            assert!(identity.expires_at.is_some(), "a token that never ends");
        }
    });
}
