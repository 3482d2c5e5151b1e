//! One publication of the server API: `{to, type, payload?, error?, meta?, id?, ephemeral?, from?}`. `to` is an
//! address, or a list of addresses, at each of which it is stored.

use crate::http::failure::Failure;
use crate::http::strict;
use hubwire_actors::node::ServerPublish;
use hubwire_protocol::hubwire_v1::names::RESERVED_PREFIX;
use hubwire_protocol::hubwire_v1::parts::Parts;
use hubwire_protocol::{Address, DeviceClass, ErrorCode, Limits, Narrowing, Select, UserId, EXCEPT_MAX};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// The largest number of addresses of a publication.
pub const ADDRESSES_MAX: usize = 100;

/// An action of the application, and its receivers.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Publication<'a> {
    /// An address, or a list of at most 100 addresses, each once: the publication is stored at each.
    #[serde(borrow)]
    #[cfg_attr(feature = "schema", schemars(required, schema_with = "to_schema"))]
    to: Option<&'a RawValue>,
    /// At most 128 bytes, no control characters; must not begin with `@@hub/`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "hubwire_protocol::schema::printable"))]
    kind: String,
    /// Any JSON.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "anything"))]
    payload: Option<&'a RawValue>,
    error: Option<bool>,
    /// Any keys except `hub`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "hubwire_protocol::schema::object"))]
    meta: Option<&'a RawValue>,
    /// Idempotency key, scoped to the API key, at most 64 bytes; clients see it. The same id with another body is
    /// refused with `id_conflict`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "hubwire_protocol::schema::printable"))]
    id: Option<String>,
    /// Do not store it.
    #[serde(default)]
    ephemeral: bool,
    /// The user that appears as the sender.
    from: Option<UserId>,
    /// Users of the channel, team or organisation that do not receive it.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = EXCEPT_MAX)))]
    except: Vec<UserId>,
    /// The sessions of a `user:` address that receive it live.
    select: Option<Selected>,
}

/// The sessions of a user that receive it live: `all`, `one`, `others`, or those of devices of a class.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Selected {
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["all", "one", "others"])))]
    Word(String),
    Class(OfClass),
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct OfClass {
    device_class: DeviceClass,
}

/// A publication, with its addresses.
#[derive(Debug)]
pub struct Addressed {
    /// One publication for each address, in the order of the addresses; at least one.
    pub publications: Vec<ServerPublish>,
    /// Whether `to` is a list; then the answer is a list, too.
    pub is_list: bool,
}

/// Parses a publication of a request with the API key `key_name`. `payload` and `meta` keep their text byte for byte.
/// `key`, from the header Idempotency-Key, is an alternative to `id`.
pub fn parse(text: &str, key: Option<&str>, key_name: Arc<str>, limits: &Limits) -> Result<Addressed, Failure> {
    let said: Publication<'_> = strict::from_json(text)?;
    let (addresses, is_list) = addresses(said.to)?;
    let raw = |value: Option<&RawValue>| value.map(|raw| raw.get().to_owned());
    let publication = ServerPublish {
        to: addresses[0].clone(), // there is at least one
        kind: said.kind,
        payload: raw(said.payload),
        error: said.error,
        meta: raw(said.meta),
        traceparent: None,
        id: id(said.id, key)?,
        ephemeral: said.ephemeral,
        from: said.from,
        narrowing: narrowing(said.except, said.select, &addresses)?,
        key_name,
    };
    if let Some(meta) = &publication.meta {
        free_meta(meta)?;
    }
    if publication.kind.starts_with(RESERVED_PREFIX) {
        let message = format!("`type`: {RESERVED_PREFIX}… is reserved for the protocol");
        return Err(Failure::new(ErrorCode::ForbiddenType, message));
    }
    as_on_a_socket(&publication, limits)?;
    let at = |to| ServerPublish { to, ..publication.clone() };
    Ok(Addressed { publications: addresses.into_iter().map(at).collect(), is_list })
}

fn id(id: Option<String>, key: Option<&str>) -> Result<Option<String>, Failure> {
    match (id, key) {
        (Some(id), Some(key)) if id != key => {
            Err(Failure::new(ErrorCode::BadPayload, "`id` and Idempotency-Key differ; send only one of them"))
        }
        (id, key) => Ok(id.or_else(|| key.map(str::to_owned))),
    }
}

/// The addresses, and whether they are a list.
fn addresses(to: Option<&RawValue>) -> Result<(Vec<Address>, bool), Failure> {
    let raw = to.ok_or_else(|| Failure::new(ErrorCode::MissingAddress, "`to` is missing"))?;
    let bad = |message: String| Failure::new(ErrorCode::BadAddress, format!("`to`: {message}"));
    let is_list = raw.get().starts_with('[');
    let texts: Vec<String> = match is_list {
        true => serde_json::from_str(raw.get()),
        false => serde_json::from_str(raw.get()).map(|one| vec![one]),
    }
    .map_err(|_| Failure::new(ErrorCode::BadPayload, "`to` must be an address or a list of addresses"))?;
    if texts.is_empty() {
        return Err(Failure::new(ErrorCode::MissingAddress, "`to` is an empty list"));
    }
    if texts.len() > ADDRESSES_MAX {
        let message = format!("`to` has {} addresses; at most {ADDRESSES_MAX} are allowed", texts.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    let mut addresses = Vec::with_capacity(texts.len());
    for text in texts {
        let address: Address = text.parse().map_err(|error: hubwire_protocol::AddressError| bad(error.to_string()))?;
        if addresses.contains(&address) {
            return Err(bad(format!("{address} occurs twice")));
        }
        addresses.push(address);
    }
    Ok((addresses, is_list))
}

/// The receivers at these addresses.
fn narrowing(except: Vec<UserId>, selected: Option<Selected>, addresses: &[Address]) -> Result<Narrowing, Failure> {
    let narrowing = Narrowing { except, select: select(selected)? };
    if narrowing.except.len() > EXCEPT_MAX {
        let message = format!("`except` has {} users; at most {EXCEPT_MAX} are allowed", narrowing.except.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    match addresses.iter().find_map(|to| Some((to, narrowing.misplaced_at(to)?))) {
        Some((to, message)) => Err(Failure::new(ErrorCode::BadAddress, format!("{to}: {message}"))),
        None => Ok(narrowing),
    }
}

fn select(selected: Option<Selected>) -> Result<Select, Failure> {
    match selected {
        None => Ok(Select::All),
        Some(Selected::Class(OfClass { device_class })) => Ok(Select::Class(device_class)),
        Some(Selected::Word(word)) => match word.as_str() {
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

/// Checks that `meta` is an object without `hub`, which belongs to the node.
fn free_meta(meta: &str) -> Result<(), Failure> {
    let bad = |message: String| Failure::new(ErrorCode::BadPayload, message);
    let keys: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(meta).map_err(|error| bad(format!("`meta`: {error}")))?;
    match keys.contains_key("hub") {
        true => Err(bad("`meta`: `hub` is written by the node; use `to`, `id` and `ephemeral`".into())),
        false => Ok(()),
    }
}

/// Applies the rules of a socket, with the same code, because a stored publication must be encodable for every client,
/// in both codecs and within their limits.
pub(crate) fn as_on_a_socket(publication: &ServerPublish, limits: &Limits) -> Result<(), Failure> {
    let ServerPublish { kind, payload, meta, id, .. } = publication;
    let parts = Parts { kind, payload: payload.as_deref(), meta: meta.as_deref(), id: id.as_deref() };
    parts.check(limits).map_err(|error| Failure::new(error.code, error.message))
}

#[cfg(feature = "schema")]
fn to_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let address = generator.subschema_for::<Address>();
    let list = schemars::json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": ADDRESSES_MAX,
        "uniqueItems": true,
        "items": address,
    });
    schemars::json_schema!({ "oneOf": [address, list] })
}

#[cfg(feature = "schema")]
fn anything(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({})
}

#[cfg(test)]
#[path = "publication_tests.rs"]
mod tests;
