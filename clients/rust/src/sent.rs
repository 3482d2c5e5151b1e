//! The handle of a sent action.

use crate::ack::Ack;
use crate::engine::Inner;
use crate::error::{Code, HubError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Await it for the [`Ack`]. The action is sent whether or not it is awaited; a rejection that nobody awaits is
/// reported as [`Event::Error`](crate::Event::Error).
#[derive(Debug)]
pub struct Sent {
    id: String,
    result: oneshot::Receiver<Result<Ack, HubError>>,
    inner: Arc<Inner>,
}

impl Sent {
    pub(crate) fn new(id: String, result: oneshot::Receiver<Result<Ack, HubError>>, inner: Arc<Inner>) -> Self {
        Sent { id, result, inner }
    }

    /// The action's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Cancels the action. `true`: it was never sent.
    pub fn cancel(&self) -> bool {
        self.inner.with(|core| core.sender.cancel(&self.id))
    }
}

impl Future for Sent {
    type Output = Result<Ack, HubError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = || HubError::new(Code::Closed, "the client ended");
        Pin::new(&mut self.result).poll(cx).map(|result| result.unwrap_or_else(|_| Err(ended())))
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if let Ok(Err(unheard)) = self.result.try_recv() {
            self.inner.with(|core| core.tell_error(unheard));
        }
    }
}
