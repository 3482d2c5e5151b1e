//! `GET /v1/messages/{stream}/{pos}`: one publication, stored and traced.

use crate::http::failure::Failure;
use crate::http::path::{At, StreamAddress};
use crate::http::query::Query;
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use crate::operator::ask::{self, Answered};
use crate::operator::watch::{Line, Traced, Way};
use crate::operator::Question;
use actix_web::{web, HttpRequest};
use hubwire_protocol::{Address, Incarnation, Position};
use serde::{Deserialize, Serialize};

/// Options of the answer.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Show the payload; the key needs the scope `content`.
    #[serde(default)]
    payload: bool,
}

/// A publication: what is stored, and how it was delivered.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageStatus {
    stream: Address,
    pos: Position,
    /// The publication; `null` where the log does not hold it.
    stored: Option<Line>,
    nodes: Vec<NodeOfMessage>,
}

/// What a node knows about a publication.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeOfMessage {
    incarnation: Incarnation,
    label: Option<String>,
    silent: bool,
    /// Whether the node currently records traces.
    traces: Option<bool>,
    /// One entry if the node accepted the publication, and one for each repetition by its sender.
    accepted: Option<Vec<Line>>,
    /// The deliveries to sessions of this node, one entry per worker thread.
    delivered: Option<Vec<Traced>>,
}

/// The log's entry at the position, and for each node whether it accepted the publication and to how many sessions it
/// wrote it.
pub async fn show(
    state: web::Data<HttpState>,
    At(StreamAddress(stream)): At<StreamAddress>,
    At(pos): At<Position>,
    Query(Shown { payload }): Query<Shown>,
    request: HttpRequest,
) -> Result<Done<MessageStatus>, Failure> {
    let payload = super::payload(&state, &request, payload)?;
    let stored = state.cluster.publication(stream.clone(), pos).await?;
    let stored = stored.and_then(|envelope| Line::stored(&envelope)).map(|line| Line {
        pos: Some(pos),
        payload: line.payload.filter(|_| payload),
        ..line
    });
    let question = Question::Message { stream: stream.clone(), pos };
    let answered: Vec<Answered<Way>> = ask::all(&*state.cluster, &question).await?;
    Ok(Status(MessageStatus { stream, pos, stored, nodes: answered.into_iter().map(node).collect() }))
}

fn node(Answered { node, answer }: Answered<Way>) -> NodeOfMessage {
    let silent = answer.is_none();
    let (traces, accepted, delivered) = match answer {
        Some(Way { traces, accepted, delivered }) => (Some(traces), Some(accepted), Some(delivered)),
        None => (None, None, None),
    };
    NodeOfMessage { incarnation: node.incarnation, label: node.label, silent, traces, accepted, delivered }
}
