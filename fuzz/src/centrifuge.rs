//! Decoders of what Centrifuge clients send, and of what applications that know Centrifugo do.

use super::refusal;
use hubwire::centrifuge::{read_command, Decision};
use hubwire_protocol::centrifuge::{Call, Command, Format};
use hubwire_protocol::{Dialect, ErrorCode, Limits};

/// What is accepted survives being written and read again, and what is made of it has an answer.
pub fn centrifuge_json(data: &[u8]) {
    centrifuge(Format::Json, data);
}

/// As in JSON.
pub fn centrifuge_protobuf(data: &[u8]) {
    centrifuge(Format::Protobuf, data);
}

fn centrifuge(format: Format, data: &[u8]) {
    let dialect = Dialect::of_centrifuge(format);
    let Ok(parts) = format.commands(data, 64) else {
        assert!(dialect.decode(data, &Limits::default()).is_err());
        return;
    };
    for request in dialect.decode(data, &Limits::default()).expect("the same decoder") {
        let refused = refusal(ErrorCode::Overloaded, "busy");
        let is_answered = dialect.event(&refused, request.to.as_ref(), request.re.as_deref()).is_some();
        assert!(is_answered || request.re.is_some_and(|re| re[1..].starts_with('0')), "a command without an answer");
    }
    for (command, at) in parts {
        let mut frame = Vec::new();
        format.put_command(&mut frame, &command, &data[at]);
        let written = format.commands(&frame, 1).expect("a command of our own writing");
        // which publications are wanted is refused, so it is not written
        assert_eq!(without_filter(written[0].0.clone()), without_filter(command));
    }
}

/// What is accepted reads the same when it is written anew, and the commands in it break nothing.
pub fn emulation_post(data: &[u8]) {
    for format in [Format::Json, Format::Protobuf] {
        let Some(posted) = format.posted(data) else { continue };
        let written = match format {
            Format::Json => {
                let commands = std::str::from_utf8(&posted.data).expect("what JSON holds is text");
                let document = serde_json::json!({ "session": posted.session, "node": "n1", "data": commands });
                document.to_string().into_bytes()
            }
            Format::Protobuf => {
                let mut written = Vec::new();
                for (key, bytes) in [(0x12, posted.session.as_bytes()), (0x1a, &posted.data)] {
                    let mut length = bytes.len();
                    written.push(key);
                    while length >= 0x80 {
                        written.push(length as u8 | 0x80);
                        length >>= 7;
                    }
                    written.push(length as u8);
                    written.extend_from_slice(bytes);
                }
                written
            }
        };
        assert_eq!(format.posted(&written).as_ref(), Some(&posted), "{format:?}");
        let _ = format.commands(&posted.data, 64);
    }
}

/// Whatever the application answers, what is passed on to the client fits the frame it goes into.
pub fn proxy_answer(data: &[u8]) {
    match Decision::read(data) {
        Decision::Result(result) => assert!(result.is_object()),
        Decision::Error { message, .. } => assert!(message.len() <= 123),
        Decision::Disconnect { code, reason } => assert!((3000..5000).contains(&code) && reason.len() <= 123),
        Decision::Failed => {}
    }
}

/// A body of the server API is a command or refused with a reason, whatever its method; what it publishes is JSON.
pub fn api_body(data: &[u8]) {
    for method in ["publish", "broadcast", "subscribe", "unsubscribe", "disconnect", "refresh", "history", "channels"] {
        match read_command(method, data).expect("a method") {
            Ok(Some(content)) => {
                assert!(serde_json::from_str::<&serde_json::value::RawValue>(&content).is_ok(), "{method}: {content}");
            }
            Ok(None) => assert!(!["publish", "broadcast"].contains(&method), "nothing to publish"),
            Err(reason) => assert!(!reason.is_empty()),
        }
    }
}

fn without_filter(mut command: Command<'_>) -> Command<'_> {
    if let Some(Call::Subscribe(subscribe)) = &mut command.call {
        (subscribe.filtered, subscribe.ttl) = (false, subscribe.ttl.filter(|ttl| *ttl > 0));
    }
    if let Some(Call::Connect(connect)) = &mut command.call {
        connect.subs.values_mut().for_each(|it| (it.filtered, it.ttl) = (false, it.ttl.filter(|ttl| *ttl > 0)));
    }
    command
}
