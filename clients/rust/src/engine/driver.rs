//! The life of a client's connections, from the first attempt until it is closed or gives up.

use super::backoff::{Backoff, Verdict, STEADY_AFTER};
use super::inner::Inner;
use super::session::{self, Ended};
use super::ways::Ways;
use crate::error::{Code, HubError};
use crate::event::State;
use crate::options::{Ask, ProviderError, Reason};
use hubwire_protocol::ErrorCode;
use std::sync::Arc;
use std::time::Duration;

/// Connects repeatedly, as the close codes require.
pub async fn run(inner: Arc<Inner>) {
    tokio::select! {
        error = supervise(&inner) => {
            if let Some(error) = error {
                inner.with(|core| core.end(State::Failed, error));
            }
        }
        () = session::keep_looking(&inner) => {}
    }
}

/// Returns why the client gives up; `None` if it was closed.
async fn supervise(inner: &Inner) -> Option<HubError> {
    // the sender lives as long as `inner`: no error
    let _ = inner.watch().wait_for(|state| *state != State::Idle).await;
    if inner.watch().borrow().is_final() {
        return None;
    }
    let mut backoff = Backoff::new(inner.with(|core| core.options.reconnect));
    let mut ways = Ways::new(inner.with(|core| core.options.stream_after));
    let (mut attempt, mut is_rejected) = (0, false);
    loop {
        let reason = if is_rejected { Reason::Rejected } else { Reason::Connect };
        // closing ends an attempt from outside only until there is a connection; then the session says goodbye itself
        let outcome = tokio::select! {
            outcome = session::run(inner, Ask { reason, attempt }, &mut ways) => outcome,
            () = closed_early(inner) => return None,
        };
        let ended = match outcome {
            Ok(ended) => ended,
            Err(ProviderError::Unauthorized) => {
                let message = "the provider says that the user may not connect";
                return Some(HubError::new(Code::Node(ErrorCode::BadCredentials), message));
            }
            Err(error) => {
                inner.with(|core| core.tell_error(HubError::new(Code::ProviderFailed, error.to_string())));
                Ended::default()
            }
        };
        if inner.watch().borrow().is_final() {
            return None;
        }
        match ended.is_welcomed {
            true => (attempt, is_rejected) = (0, false),
            false => attempt += 1,
        }
        if ended.is_welcomed {
            backoff.welcomed();
        }
        if ended.is_welcomed && ended.lasted >= STEADY_AFTER {
            backoff.steady();
        }
        if let Some(error) = verdict_error(&ended, &backoff, &mut is_rejected) {
            return Some(error);
        }
        pause(inner, &mut backoff, &ended).await;
        if inner.watch().borrow().is_final() {
            return None;
        }
    }
}

/// Why the client gives up; `None` if it does not.
fn verdict_error(ended: &Ended, backoff: &Backoff, is_rejected: &mut bool) -> Option<HubError> {
    match Verdict::of(ended.code) {
        Verdict::Stop => {
            let message = format!("the node closed with {} {}", ended.code.unwrap_or_default(), ended.reason);
            return Some(HubError::new(code_of(ended.code), message.trim_end()));
        }
        Verdict::AskAgain if std::mem::replace(is_rejected, true) => {
            let message = format!("new credentials were refused, too: {}", ended.reason);
            return Some(HubError::new(Code::Node(ErrorCode::BadCredentials), message));
        }
        _ => {}
    }
    let message = || format!("as many attempts as the options allow; the last one: {}", ended.reason);
    backoff.is_exhausted().then(|| HubError::new(Code::Failed, message()))
}

async fn pause(inner: &Inner, backoff: &mut Backoff, ended: &Ended) {
    let verdict = Verdict::of(ended.code);
    let pause = match verdict {
        Verdict::AskAgain => Duration::ZERO,
        verdict => backoff.pause(verdict, ended.retry_after, rand::random::<f64>()),
    };
    log::debug!("the connection ended: {} {}", ended.code.unwrap_or_default(), ended.reason);
    inner.with(|core| core.ended(verdict, pause));
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = inner.try_now.notified() => {}
        () = inner.ended() => {}
    }
}

/// Returns when the client was closed while there is no connection to say goodbye on.
async fn closed_early(inner: &Inner) {
    const GOODBYE: Duration = Duration::from_secs(2);
    inner.ended().await;
    tokio::time::sleep(GOODBYE).await;
}

fn code_of(code: Option<u16>) -> Code {
    match code {
        Some(4403) => Code::Node(ErrorCode::Forbidden),
        Some(4409) => Code::Replaced,
        Some(4413) => Code::SessionLimit,
        _ => Code::Failed,
    }
}
