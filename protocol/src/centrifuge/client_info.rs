//! Information about a connection that published, joined or is present, as others see it.

use super::data::Data;
use serde_json::value::RawValue;

/// A connection and its user.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ClientInfo<'a> {
    /// The user.
    pub user: &'a str,
    /// The connection.
    pub client: String,
    /// The info of the connection's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conn_info: Option<Data<'a>>,
    /// The info of the subscription's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chan_info: Option<Data<'a>>,
}

/// The infos of a client's tokens.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Infos<'a> {
    #[serde(borrow)]
    conn_info: Option<&'a RawValue>,
    #[serde(borrow)]
    chan_info: Option<&'a RawValue>,
}

impl<'a> ClientInfo<'a> {
    /// A connection of a user; `infos` is the JSON object with the infos of its tokens.
    pub fn new(user: &'a str, client: String, infos: Option<&'a str>) -> Self {
        let infos: Infos<'a> = infos.and_then(|infos| serde_json::from_str(infos).ok()).unwrap_or_default();
        let data = |raw: &'a RawValue| Data(raw.get().into());
        ClientInfo { user, client, conn_info: infos.conn_info.map(data), chan_info: infos.chan_info.map(data) }
    }
}
