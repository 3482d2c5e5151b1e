//! Serves HTTP on every accepted connection of a listener, after the steps of its door.

use super::arrival::{Door, NotArrived};
use super::wire::Wire;
use crate::log_limit::LogLimit;
use actix_http::error::DispatchError;
use actix_rt::net::TcpStream;
use actix_service::{fn_factory, fn_service, Service, ServiceFactory};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Least interval between two log lines about rejected connections.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// Limits the log lines about input that is not HTTP; shared by a listener's workers.
#[derive(Clone)]
pub struct Complaints(Arc<LogLimit>);

impl Default for Complaints {
    fn default() -> Self {
        Complaints(Arc::new(LogLimit::new(COMPLAIN_EVERY)))
    }
}

impl Complaints {
    fn say(&self, peer: Option<SocketAddr>, reason: &dyn std::fmt::Display) {
        if let Some(more) = self.0.pass() {
            let peer = peer.map_or_else(|| "?".into(), |peer| peer.to_string());
            log::warn!("a connection was no use: {reason} peer={peer} not_shown={more}");
        }
    }
}

/// A factory that serves connections with `http` after they passed the door.
pub fn behind<H>(
    door: Door,
    http: H,
    complaints: Complaints,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = (), Service: 'static>
where
    H: ServiceFactory<(Wire, Option<SocketAddr>), Config = (), Response = (), Error = DispatchError, InitError = ()>
        + 'static,
    H::Service: 'static,
{
    let http = Rc::new(http);
    fn_factory(move || {
        let (http, door, complaints) = (http.clone(), door.clone(), complaints.clone());
        async move {
            let http = Rc::new(http.new_service(()).await?);
            Ok::<_, ()>(fn_service(move |tcp: TcpStream| {
                let (http, door, complaints) = (http.clone(), door.clone(), complaints.clone());
                async move { serve_one(tcp, &*http, &door, &complaints).await }
            }))
        }
    })
}

/// Serves a connection. An unexpected TLS hello or PROXY line usually means that a proxy is configured for another
/// port, so the log shows what arrived, at a bounded rate.
async fn serve_one<S>(tcp: TcpStream, http: &S, door: &Door, complaints: &Complaints) -> Result<(), ()>
where
    S: Service<(Wire, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    let peer = tcp.peer_addr().ok();
    let (wire, client) = match door.arrive(tcp).await {
        Ok(arrived) => arrived,
        Err(NotArrived::Gone) => return Err(()),
        Err(error) => {
            complaints.say(peer, &error);
            return Err(());
        }
    };
    match http.call((wire, Some(client))).await {
        Err(DispatchError::Parse(error)) => {
            complaints.say(peer, &format_args!("not an HTTP request: is it TLS or the PROXY protocol? error={error}"));
            Err(())
        }
        outcome => outcome.map_err(drop),
    }
}
