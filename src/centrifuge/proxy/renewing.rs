//! Expiries that the application may extend: of a client's connection, and of its subscriptions.

use super::asking::{ask, Decision, Question};
use super::connection::Connection;
use crate::centrifuge::expiry::Expiries;
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::sleep;

/// How often an application that does not answer is asked about one expiry.
const ATTEMPTS: u32 = 5;
/// The pause between two of these.
const PAUSE: Duration = Duration::from_secs(5);

/// The expiries of one connection; see the module. The connection itself has the empty name.
#[derive(Default)]
pub(super) struct Renewals {
    ends: Expiries,
    asking: Option<LocalBoxFuture<'static, Renewed>>,
}

/// The outcome of an expiry: the seconds until the next one, if there is one.
type Renewed = (Box<str>, Result<Option<u64>, (u16, String)>);

impl Renewals {
    /// Sets the expiry in seconds, or none.
    pub fn set(&mut self, channel: &str, seconds: Option<u64>) {
        self.ends.set_after(channel, seconds.map(Duration::from_secs));
    }

    /// Asks about expired ones, and closes the connection if one is not extended.
    pub fn poll(&mut self, connection: &Rc<Connection>, cx: &mut Context<'_>) {
        loop {
            if let Some(asking) = &mut self.asking {
                let Poll::Ready((channel, renewed)) = asking.poll_unpin(cx) else { return };
                self.asking = None;
                match renewed {
                    Ok(seconds) => self.set(&channel, seconds),
                    Err((code, reason)) => connection.close(code, &reason),
                }
            }
            let Poll::Ready(channel) = self.ends.poll_ended(cx) else { return };
            self.asking = Some(renew(connection.clone(), channel).boxed_local());
        }
    }
}

async fn renew(connection: Rc<Connection>, channel: Box<str>) -> Renewed {
    let (target, Disconnect { code, reason }) = match &*channel {
        "" => (&connection.proxies.refresh, codes::EXPIRED),
        _ => (&connection.proxies.sub_refresh, codes::SUBSCRIPTION_EXPIRED_CLOSE),
    };
    let over = (code, reason.to_owned());
    let Some(target) = target else { return (channel, Err(over)) };
    let question = || Question { channel: &channel, ..Question::of(connection.asker()) }.printed();
    for attempt in 1..=ATTEMPTS {
        match ask(target, connection.handshake.headers.clone(), question()).await {
            Decision::Result(result) if result["expired"] == true => return (channel, Err(over)),
            Decision::Result(result) => {
                let until_s = result["expire_at"].as_u64().filter(|until_s| *until_s > 0);
                let seconds = until_s.map(|until_s| until_s.saturating_sub(connection.proxies.now_s()));
                // an expiry in the past is refused
                let is_over = seconds == Some(0);
                return (channel, if is_over { Err(over) } else { Ok(seconds) });
            }
            Decision::Disconnect { code, reason } => return (channel, Err((code, reason))),
            Decision::Error { .. } => return (channel, Err(over)),
            Decision::Failed if attempt < ATTEMPTS => sleep(PAUSE).await,
            Decision::Failed => {}
        }
    }
    (channel, Err(over))
}
