//! The files of `v1`.

use hubwire_protocol::hubwire_v1::action::Action;
use hubwire_protocol::Codec;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// One vector; which fields it has depends on its file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    pub name: String,
    /// Who sends it: `client` or `server`.
    direction: String,
    #[serde(rename = "why")]
    _why: Option<String>,
    json: Option<String>,
    /// Instead of `json` where the bytes are not UTF-8.
    json_hex: Option<String>,
    msgpack: Option<String>,
    #[serde(default)]
    pub actions: Vec<Expected>,
    pub error: Option<String>,
    pub re: Option<String>,
    pub not_done: Option<Vec<String>>,
}

/// What an action is decoded to.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(rename = "type")]
    kind: String,
    payload: Option<String>,
    error: Option<bool>,
    meta: Option<String>,
    to: Option<String>,
    id: Option<String>,
    #[serde(default)]
    ephemeral: bool,
}

impl Vector {
    /// The frame in each codec that has one.
    pub fn frames(&self) -> Vec<(Codec, Vec<u8>)> {
        let json = self.json.as_ref().map(|text| text.clone().into_bytes());
        let json = json.or_else(|| self.json_hex.as_deref().map(unhex));
        let msgpack = self.msgpack.as_deref().map(unhex);
        let frames = json.map(|bytes| (Codec::Json, bytes)).into_iter();
        frames.chain(msgpack.map(|bytes| (Codec::MsgPack, bytes))).collect()
    }
}

impl From<Action<'_>> for Expected {
    fn from(action: Action<'_>) -> Self {
        Expected {
            kind: action.kind.into(),
            payload: action.payload.map(Into::into),
            error: action.error,
            meta: action.meta.map(Into::into),
            to: action.hub.to.map(|to| to.to_string()),
            id: action.hub.id.map(Into::into),
            ephemeral: action.hub.ephemeral,
        }
    }
}

/// Reads a file; every vector has a name of its own and a frame.
pub fn load(file: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let direction = if file.starts_with("server") { "server" } else { "client" };
    let mut names = BTreeSet::new();
    for vector in &vectors {
        assert!(names.insert(&vector.name), "{file}: {} stands there twice", vector.name);
        assert_eq!(vector.direction, direction, "{file}: {}", vector.name);
        assert!(!vector.frames().is_empty(), "{file}: {} has no frame", vector.name);
    }
    vectors
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
