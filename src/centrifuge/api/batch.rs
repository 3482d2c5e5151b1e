//! `POST /api/batch`: several commands, each with an answer in the same order.

use super::caller::Caller;
use super::command::Method;
use super::failure::{ApiError, Outcome};
use futures_util::stream::{self, StreamExt};
use hubwire_protocol::centrifuge::codes::METHOD_NOT_FOUND;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Commands of one request that run in parallel, if it asks for that.
const AT_ONCE: usize = 64;

/// The commands. The length of the body bounds their number.
#[derive(Deserialize)]
pub(super) struct Batch<'a> {
    #[serde(borrow)]
    commands: Vec<BTreeMap<String, &'a RawValue>>,
    #[serde(default)]
    parallel: bool,
}

/// An answer: a result under the name of its method, or an error.
#[derive(Serialize)]
pub(super) struct Replies {
    replies: Vec<BTreeMap<&'static str, Reply>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Result(Box<RawValue>),
    Error(ApiError),
}

/// Runs them one after the other, or in parallel.
pub(super) async fn answer(caller: &Caller<'_>, batch: &Batch<'_>) -> Replies {
    let at_once = if batch.parallel { AT_ONCE } else { 1 };
    let answers = stream::iter(&batch.commands).map(|command| of_one(caller, command)).buffered(at_once);
    Replies { replies: answers.collect().await }
}

async fn of_one(caller: &Caller<'_>, command: &BTreeMap<String, &RawValue>) -> BTreeMap<&'static str, Reply> {
    let mut fields = command.iter().filter_map(|(name, params)| Some((Method::named(name)?, *params)));
    let (name, outcome): (&str, Outcome) = match (fields.next(), fields.next()) {
        (Some((method, params)), None) => (method.name(), caller.call(method, params).await),
        (Some(_), Some(_)) => ("", Err(ApiError::bad("a command has one method"))),
        (None, _) => ("", Err(ApiError::new(METHOD_NOT_FOUND, "a command names none of the methods there are"))),
    };
    BTreeMap::from([match outcome {
        Ok(result) => (name, Reply::Result(result)),
        Err(error) => ("error", Reply::Error(error)),
    }])
}
