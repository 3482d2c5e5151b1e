//! The public listener: an ordinary actix-web application, and sockets on the same port.
//!
//! With one worker everything is served on the calling thread, on which the routing actors live: a client's message
//! then never changes threads. The server's own thread only accepts connections and hands them over.

use super::admissions::OpenSockets;
use super::pace::Pace;
use super::routes::Routes;
use super::settings::ServerSettings;
use super::upgrade::Upgrades;
use crate::listener::{self, Complaints, Wire};
use actix_codec::Framed;
use actix_http::{body::MessageBody, h1, HttpService, Request, Response};
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{fn_service, map_config, IntoServiceFactory, Service, ServiceFactory};
use actix_web::dev::AppConfig;
use std::convert::Infallible;
use std::fmt;
use std::future::{ready, Future};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Connections on the way to the thread that serves them.
const HANDED_OVER_MAX: usize = 256;

/// Serves sockets on the routes, and everything else with the application that `served` creates, once per worker, on
/// its thread.
///
/// `open` counts the sockets, also for the drain: they are no longer connections of the server, and stopping the server
/// does not end them. `pace` limits the rate at which they are opened. The caller handles signals.
pub async fn serve<F, I, S, B>(
    listener: TcpListener,
    settings: &ServerSettings,
    open: &OpenSockets,
    pace: &Pace,
    served: F,
) -> io::Result<Server>
where
    F: Fn() -> (Routes, I) + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Response<actix_http::body::BoxBody>> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build()
        .workers(settings.workers)
        .max_concurrent_connections(settings.http_connections_per_worker_max)
        .backlog(settings.backlog)
        .disable_signals();
    let one_thread = settings.workers == 1;
    let (settings, open, pace) = (settings.clone(), open.clone(), pace.clone());
    let complaints = Complaints::default();
    let service = move || {
        let (routes, app) = served();
        let upgrades = Rc::new(Upgrades::new(settings.clone(), routes, open.clone(), pace.clone()));
        let upgrade = move |(request, framed): (Request, Framed<Wire, h1::Codec>)| {
            run_or_spawn(upgrades.clone().upgrade(request, framed));
            ready(Ok::<(), Infallible>(()))
        };
        let bound = settings.socket.unacknowledged_timeout;
        let http = HttpService::build()
            // a stream ends with its client, like a socket
            .h1_allow_half_closed(false)
            .on_connect_ext(move |wire: &Wire, _| bound_unacknowledged(wire.tcp(), bound))
            .client_request_timeout(settings.request_timeout)
            .keep_alive(settings.keep_alive)
            .upgrade(fn_service(upgrade))
            .h1(map_config(app, |()| AppConfig::default()));
        listener::behind(settings.door.clone(), http, complaints.clone())
    };
    let server = match one_thread {
        true => {
            let accepted = serve_here(service().new_service(()).await.map_err(|()| no_service())?);
            let hand_over = move |stream| hand_over(accepted.clone(), stream);
            builder.listen("public", listener, move || fn_service(hand_over.clone()))
        }
        false => builder.listen("public", listener, service),
    };
    Ok(server?.run())
}

/// Runs `task` as far as it comes without waiting, and what is left of it, if anything, as a task of its own.
///
/// Most upgrades are decided at once. Queued behind all other requests that were read in the same turn, each would
/// keep its request's headers (7 KiB) until its turn comes: a storm of clients would leave holes of that size in the
/// heap for as long as their sockets last.
fn run_or_spawn(task: impl Future<Output = ()> + 'static) {
    let mut task = Box::pin(task);
    // one that waits is polled again by its own task, which registers that task's waker
    if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        actix_rt::spawn(task);
    }
}

/// A connection that another thread accepted.
struct Accepted {
    stream: std::net::TcpStream,
    /// Dropped when it was served: until then it counts for the server.
    _served: oneshot::Sender<()>,
}

/// Serves connections that are handed over, on this thread.
fn serve_here<S: Service<TcpStream> + 'static>(service: S) -> mpsc::Sender<Accepted> {
    let (sender, mut accepted) = mpsc::channel::<Accepted>(HANDED_OVER_MAX);
    actix_rt::spawn(async move {
        while let Some(Accepted { stream, _served }) = accepted.recv().await {
            match TcpStream::from_std(stream) {
                Ok(stream) => {
                    let call = service.call(stream);
                    actix_rt::spawn(async move {
                        let _served = _served;
                        drop(call.await); // what went wrong the client was told
                    });
                }
                Err(error) => log::warn!("a connection was accepted and cannot be served error={error}"),
            }
        }
    });
    sender
}

/// Hands a connection to the serving thread. Resolves when it was served.
async fn hand_over(accepted: mpsc::Sender<Accepted>, stream: TcpStream) -> io::Result<()> {
    let (_served, served) = oneshot::channel();
    let stream = stream.into_std().inspect_err(|error| {
        log::warn!("a connection was accepted and cannot be handed over error={error}");
    })?;
    if accepted.send(Accepted { stream, _served }).await.is_ok() {
        drop(served.await); // it is dropped, never sent
    }
    Ok(())
}

/// Detects a vanished peer. Fails only when the connection has ended, which is noticed soon.
fn bound_unacknowledged(tcp: &TcpStream, bound: Duration) {
    let bound = (!bound.is_zero()).then_some(bound);
    drop(socket2::SockRef::from(tcp).set_tcp_user_timeout(bound));
}

fn no_service() -> io::Error {
    io::Error::other("the HTTP service cannot be made")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[actix_rt::test]
    async fn a_task_that_does_not_wait_is_done_at_once_and_one_that_waits_goes_on_by_itself() {
        let done = Rc::new(Cell::new(0));
        let counted = |count: &Rc<Cell<u32>>| count.set(count.get() + 1);
        let at_once = done.clone();
        run_or_spawn(async move { counted(&at_once) });
        assert_eq!(done.get(), 1);
        let (sender, waited_for) = oneshot::channel::<()>();
        let (finish, finished) = oneshot::channel::<()>();
        let later = done.clone();
        run_or_spawn(async move {
            waited_for.await.unwrap();
            counted(&later);
            finish.send(()).unwrap();
        });
        assert_eq!(done.get(), 1);
        sender.send(()).unwrap();
        finished.await.unwrap();
        assert_eq!(done.get(), 2);
    }
}
