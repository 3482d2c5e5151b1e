//! Runs the application's tasks for a connection: providing tokens for channels, and answering calls. They end with the
//! connection: a new one presents new tokens, and a call does not outlive its session.

use super::desk::Pending;
use super::errand::Errand;
use super::inner::Inner;
use crate::error::{Code, HubError};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use serde_json::{json, Value};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

/// Most calls answered concurrently; further ones are refused.
const CALLS_MAX: usize = 256;

/// Runs errands concurrently.
pub async fn run(inner: &Inner) -> Infallible {
    let mut running = FuturesUnordered::new();
    loop {
        for errand in inner.with(|core| core.desk.take_errands()) {
            match errand {
                Errand::Call { call, .. } if running.len() >= CALLS_MAX => {
                    reply(inner, call, &json!({ "error": failure("overloaded", "too many calls at once") }));
                }
                errand => running.push(carry_out(inner, errand)),
            }
        }
        tokio::select! {
            () = inner.errand.notified() => {}
            Some(()) = running.next(), if !running.is_empty() => {}
        }
    }
}

async fn carry_out(inner: &Inner, errand: Errand) {
    match errand {
        Errand::Token { membership, provider } => {
            let token = provider().await;
            inner.with(|core| core.channels(|channels, cx| channels.token_came(cx, membership, token)));
        }
        Errand::Call { call, method, params } => {
            let answer = answer(inner, &method, params).await;
            reply(inner, call, &answer);
        }
    }
}

async fn answer(inner: &Inner, method: &str, params: Value) -> Value {
    let Some(run) = inner.served.method(method) else {
        return json!({ "error": failure("unknown_method", &format!("this client knows no {method}")) });
    };
    // the method itself may panic before it returns its future
    match AssertUnwindSafe(async move { run(params).await }).catch_unwind().await {
        Ok(Ok(result)) => json!({ "result": result }),
        Ok(Err(error)) => json!({ "error": error }),
        Err(_) => {
            let message = format!("what answers {method} panicked");
            inner.with(|core| core.tell_error(HubError::new(Code::HandlerFailed, &*message)));
            json!({ "error": failure("failed", &message) })
        }
    }
}

fn failure(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message })
}

fn reply(inner: &Inner, call: Value, answer: &Value) {
    let mut payload = answer.clone();
    payload["call"] = call;
    // the reply to a call that timed out is refused; that does not matter
    inner.with(|core| core.desk.ask("@@hub/reply", None, Some(payload), Pending::Nothing));
}
