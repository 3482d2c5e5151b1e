//! One publication of the server API: `{to, type, payload?, error?, meta?, id?, ephemeral?, from?}`. `to` is an
//! address, or a list of addresses: then it is stored at each.

use crate::http::failure::Failure;
use crate::http::fields::Fields;
use hubwire_actors::node::ServerPublish;
use hubwire_protocol::hubwire_v1::names::RESERVED_PREFIX;
use hubwire_protocol::{Address, Codec, DeviceClass, ErrorCode, Limits, Narrowing, Select, UserId, EXCEPT_MAX};
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::sync::Arc;

const KEYS: &[&str] = &["to", "type", "payload", "error", "meta", "id", "ephemeral", "from", "except", "select"];

/// Addresses that a publication may go to.
pub const ADDRESSES_MAX: usize = 100;

/// A publication and its addresses.
#[derive(Debug)]
pub struct Addressed {
    /// One for each address, in their order; at least one.
    pub publications: Vec<ServerPublish>,
    /// Whether `to` is a list, which is answered with a list.
    pub is_list: bool,
}

/// Parses a publication of a request with the API key `key_name`. `payload` and `meta` keep their text byte for byte.
/// `key`, from the header Idempotency-Key, is an alternative to `id`.
pub fn parse(text: &str, key: Option<&str>, key_name: Arc<str>, limits: &Limits) -> Result<Addressed, Failure> {
    let mut fields = Fields::parse(text, KEYS)?;
    let (addresses, is_list) = addresses(&mut fields)?;
    let raw = |value: Option<&RawValue>| value.map(|raw| raw.get().to_owned());
    let publication = ServerPublish {
        to: addresses[0].clone(), // there is at least one
        kind: fields.need("type")?,
        payload: raw(fields.take("payload")?),
        error: fields.take("error")?,
        meta: raw(fields.take("meta")?),
        traceparent: None,
        id: id(fields.take("id")?, key)?,
        ephemeral: fields.take("ephemeral")?.unwrap_or(false),
        from: fields.take::<UserId>("from")?,
        narrowing: narrowing(&mut fields, &addresses)?,
        key_name,
    };
    if let Some(meta) = &publication.meta {
        free_meta(meta)?;
    }
    if publication.kind.starts_with(RESERVED_PREFIX) {
        let message = format!("`type`: {RESERVED_PREFIX}… belongs to the protocol");
        return Err(Failure::new(ErrorCode::ForbiddenType, message));
    }
    as_on_a_socket(&publication, limits)?;
    let at = |to| ServerPublish { to, ..publication.clone() };
    Ok(Addressed { publications: addresses.into_iter().map(at).collect(), is_list })
}

fn id(id: Option<String>, key: Option<&str>) -> Result<Option<String>, Failure> {
    match (id, key) {
        (Some(id), Some(key)) if id != key => {
            Err(Failure::new(ErrorCode::BadPayload, "`id` and Idempotency-Key differ; send one of them"))
        }
        (id, key) => Ok(id.or_else(|| key.map(str::to_owned))),
    }
}

/// The addresses, and whether they are a list.
fn addresses(fields: &mut Fields<'_>) -> Result<(Vec<Address>, bool), Failure> {
    let missing = || Failure::new(ErrorCode::MissingAddress, "`to` is missing");
    let raw: &RawValue = fields.take("to")?.ok_or_else(missing)?;
    let bad = |message: String| Failure::new(ErrorCode::BadAddress, format!("`to`: {message}"));
    let is_list = raw.get().starts_with('[');
    let texts: Vec<String> = match is_list {
        true => serde_json::from_str(raw.get()),
        false => serde_json::from_str(raw.get()).map(|one| vec![one]),
    }
    .map_err(|_| Failure::new(ErrorCode::BadPayload, "`to` is an address or a list of addresses"))?;
    if texts.is_empty() {
        return Err(Failure::new(ErrorCode::MissingAddress, "`to` is an empty list"));
    }
    if texts.len() > ADDRESSES_MAX {
        let message = format!("`to` has {} addresses; at most {ADDRESSES_MAX} are taken", texts.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    let mut addresses = Vec::with_capacity(texts.len());
    for text in texts {
        let address: Address = text.parse().map_err(|error: hubwire_protocol::AddressError| bad(error.to_string()))?;
        if addresses.contains(&address) {
            return Err(bad(format!("{address} stands twice")));
        }
        addresses.push(address);
    }
    Ok((addresses, is_list))
}

/// The receivers at these addresses.
fn narrowing(fields: &mut Fields<'_>, addresses: &[Address]) -> Result<Narrowing, Failure> {
    let narrowing = Narrowing { except: fields.take("except")?.unwrap_or_default(), select: select(fields)? };
    if narrowing.except.len() > EXCEPT_MAX {
        let message = format!("`except` has {} users; at most {EXCEPT_MAX} are taken", narrowing.except.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    match addresses.iter().find_map(|to| Some((to, narrowing.misplaced_at(to)?))) {
        Some((to, message)) => Err(Failure::new(ErrorCode::BadAddress, format!("{to}: {message}"))),
        None => Ok(narrowing),
    }
}

fn select(fields: &mut Fields<'_>) -> Result<Select, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Said {
        Word(String),
        Class(Class),
    }
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Class {
        device_class: DeviceClass,
    }
    match fields.take("select")? {
        None => Ok(Select::All),
        Some(Said::Class(Class { device_class })) => Ok(Select::Class(device_class)),
        Some(Said::Word(word)) => match word.as_str() {
            "all" => Ok(Select::All),
            "one" => Ok(Select::One),
            "others" => Ok(Select::Others),
            _ => Err(Failure::new(
                ErrorCode::BadPayload,
                r#"`select` is "all", "one", "others" or {"device_class": CLASS}"#,
            )),
        },
    }
}

/// `meta` must be an object, and its `hub` belongs to the node.
fn free_meta(meta: &str) -> Result<(), Failure> {
    let bad = |message: String| Failure::new(ErrorCode::BadPayload, message);
    let keys: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(meta).map_err(|error| bad(format!("`meta`: {error}")))?;
    match keys.contains_key("hub") {
        true => Err(bad("`meta`: `hub` is written by the node; use `to`, `id` and `ephemeral`".into())),
        false => Ok(()),
    }
}

/// Applies the rules of a socket, with the same code: a stored publication must be encodable for every client, in both
/// codecs and within their limits.
pub(crate) fn as_on_a_socket(publication: &ServerPublish, limits: &Limits) -> Result<(), Failure> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let mut action = format!(r#"{{"type":{}"#, text(&publication.kind));
    if let Some(payload) = &publication.payload {
        let _ = write!(action, r#","payload":{payload}"#); // writing to a String cannot fail
    }
    let hub = publication.id.as_deref().map_or("{}".into(), |id| format!(r#"{{"id":{}}}"#, text(id)));
    let free = publication.meta.as_deref().map(|meta| meta.strip_prefix('{').unwrap_or(meta).trim_start());
    match free {
        Some(free) if !free.starts_with('}') => action += &format!(r#","meta":{{"hub":{hub},{free}}}"#),
        _ => action += &format!(r#","meta":{{"hub":{hub}}}}}"#),
    }
    let checked = Codec::Json.decode(action.as_bytes(), limits);
    checked.map(drop).map_err(|error| Failure::new(error.code, error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> (ErrorCode, String) {
        match parse(text, None, "default".into(), &Limits::default()).unwrap_err() {
            Failure::Code { code, message } => (code, message),
            other => panic!("{other:?}"),
        }
    }

    fn only(text: &str) -> ServerPublish {
        let Addressed { mut publications, is_list } = parse(text, None, "default".into(), &Limits::default()).unwrap();
        assert!(!is_list && publications.len() == 1);
        publications.remove(0)
    }

    #[test]
    fn a_list_of_addresses_is_one_publication_for_each_in_their_order() {
        let text = r#"{"to":["user:u2","org:acme","user:u1"],"type":"x","id":"k1"}"#;
        let Addressed { publications, is_list } = parse(text, None, "default".into(), &Limits::default()).unwrap();
        let to: Vec<String> = publications.iter().map(|it| it.to.to_string()).collect();
        assert!(is_list && publications.iter().all(|it| it.id.as_deref() == Some("k1")));
        assert_eq!(to, ["user:u2", "org:acme", "user:u1"]);
        let many = |count: usize| serde_json::json!((0..count).map(|n| format!("user:u{n}")).collect::<Vec<_>>());
        assert_eq!(code(&format!(r#"{{"to":{},"type":"x"}}"#, many(101))).0, ErrorCode::TooMany);
        assert!(parse(&format!(r#"{{"to":{},"type":"x"}}"#, many(100)), None, "k".into(), &Limits::default()).is_ok());
        assert_eq!(code(r#"{"to":[],"type":"x"}"#).0, ErrorCode::MissingAddress);
        assert_eq!(code(r#"{"to":["user:u1","nobody"],"type":"x"}"#).0, ErrorCode::BadAddress);
        assert_eq!(code(r#"{"to":["user:u1","user:u1"],"type":"x"}"#).0, ErrorCode::BadAddress);
        assert_eq!(code(r#"{"to":7,"type":"x"}"#).0, ErrorCode::BadPayload);
    }

    #[test]
    fn payload_and_meta_keep_their_text() {
        let text = r#"{"to":"org:acme","type":"a/b","payload":{"n": 1.00,"big":123456789012345678901234567890},
            "meta":{"t": 1},"id":"k1","ephemeral":true,"from":"u1","error":true}"#;
        let publication = only(text);
        assert_eq!(publication.payload.as_deref(), Some(r#"{"n": 1.00,"big":123456789012345678901234567890}"#));
        assert_eq!(publication.meta.as_deref(), Some(r#"{"t": 1}"#));
        assert_eq!(
            (publication.error, publication.ephemeral, publication.id.as_deref()),
            (Some(true), true, Some("k1"))
        );
        assert_eq!(publication.from.map(|user| user.to_string()).as_deref(), Some("u1"));
    }

    #[test]
    fn a_null_payload_is_a_payload() {
        let publication = only(r#"{"to":"user:u1","type":"x","payload":null}"#);
        assert_eq!(publication.payload.as_deref(), Some("null"));
    }

    #[test]
    fn wrong_publications_say_what_is_wrong() {
        assert_eq!(code(r#"{"type":"x"}"#), (ErrorCode::MissingAddress, "`to` is missing".into()));
        assert_eq!(code(r#"{"to":"acme","type":"x"}"#).0, ErrorCode::BadAddress);
        assert_eq!(code(r#"{"to":"org:acme"}"#), (ErrorCode::BadPayload, "`type` is missing".into()));
        assert_eq!(code(r#"{"to":"org:acme","type":"@@hub/ack"}"#).0, ErrorCode::ForbiddenType);
        assert_eq!(code(r#"{"to":"org:acme","type":"x","meta":{"hub":{}}}"#).0, ErrorCode::BadPayload);
        assert_eq!(code(r#"{"to":"org:acme","type":"x","meta":7}"#).0, ErrorCode::BadPayload);
        assert_eq!(code(r#"{"to":"org:acme","type":"x","from":"a b"}"#).0, ErrorCode::BadPayload);
        assert_eq!(code(r#"{"to":"org:acme","type":"x""#).0, ErrorCode::BadSyntax);
    }

    #[test]
    fn what_no_client_could_be_sent_is_refused_as_on_a_socket() {
        let publication = |rest: &str| code(&format!(r#"{{"to":"org:acme","type":"x",{rest}}}"#)).0;
        assert_eq!(publication(r#""payload":"\ud800""#), ErrorCode::BadSyntax);
        let deep = ["[".repeat(40), "]".repeat(40)].concat();
        assert_eq!(publication(&format!(r#""payload":{deep}"#)), ErrorCode::TooDeep);
        assert_eq!(publication(&format!(r#""meta":{{ "m":{deep}}}"#)), ErrorCode::TooDeep);
        assert_eq!(publication(&format!(r#""id":"{}""#, "x".repeat(65))), ErrorCode::TooBig);
        assert_eq!(publication(&format!(r#""payload":"{}""#, "x".repeat(70_000))), ErrorCode::TooBig);
        assert_eq!(publication(r#""id":"""#), ErrorCode::BadAction);
    }
}
