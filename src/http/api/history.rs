//! `/v1/streams/{address}/history`: the publications of a log, page by page.

use crate::http::failure::Failure;
use crate::http::path::{At, StreamAddress};
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::http::within::PageSize;
use actix_web::web;
use hubwire_actors::backend::Entry;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::hubwire_v1::publication_json;
use hubwire_protocol::{Address, ErrorCode, Position};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// The requested page.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The newest publications before this one.
    before: Option<Position>,
    /// The oldest publications after this one; not together with `before`.
    after: Option<Position>,
    /// Most entries of the page.
    #[serde(default = "PageSize::most")]
    limit: PageSize,
}

/// A page of a log.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Publications {
    #[cfg_attr(feature = "schema", schemars(with = "StreamAddress"))]
    stream: Address,
    /// In the form that clients receive, oldest first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Map<String, Value>>"))]
    publications: Vec<Value>,
    /// Whether the log has more publications in the direction of the page.
    more: bool,
}

/// One page, oldest first: the newest publications, those before a position, or those after one.
pub async fn show(
    state: web::Data<HttpState>,
    At(StreamAddress(stream)): At<StreamAddress>,
    Query(Page { before, after, limit }): Query<Page>,
) -> Result<Done<Publications>, Failure> {
    let from = match (before, after) {
        (None, None) => PageStart::Newest,
        (Some(before), None) => PageStart::Before(before),
        (None, Some(after)) => PageStart::After(after),
        (Some(_), Some(_)) => {
            let message = "`before` and `after` cannot be combined";
            return Err(Failure::new(ErrorCode::BadPayload, message));
        }
    };
    let (entries, more) = state.cluster.history(stream.clone(), from, limit.count()).await?;
    Ok(Status(Publications { stream, publications: entries.iter().map(printed).collect(), more }))
}

/// A publication in the form for clients; only its position if a node of a newer version stored it in a form that this
/// node cannot read.
fn printed(entry: &Entry) -> Value {
    let unreadable = || json!({ "meta": { "hub": { "pos": entry.pos } } });
    let Ok(envelope) = Envelope::decode(&entry.envelope) else { return unreadable() };
    serde_json::from_slice(&publication_json(&envelope, Some(entry.pos))).unwrap_or_else(|_| unreadable())
}
