//! The public listener: an ordinary actix-web application, and sockets beside it on the same port.

use super::admissions::OpenSockets;
use super::pace::Pace;
use super::routes::Routes;
use super::settings::ServerSettings;
use super::upgrade::Upgrades;
use actix_codec::Framed;
use actix_http::{body::MessageBody, h1, HttpService, Request, Response};
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{fn_service, map_config, IntoServiceFactory, ServiceFactory};
use actix_web::dev::AppConfig;
use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;

/// Serves sockets on `routes` and everything else with `app`. Both are made once per worker, on its thread.
///
/// `open` counts the sockets, also for whoever drains them: they are no connections of the server any more, and
/// stopping the server does not end them. `pace` says how fast they are opened. Signals are left to the caller.
pub fn serve<R, F, I, S, B>(
    listener: TcpListener,
    settings: &ServerSettings,
    open: &OpenSockets,
    pace: &Pace,
    routes: R,
    app: F,
) -> io::Result<Server>
where
    R: Fn() -> Routes + Send + Clone + 'static,
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Response<actix_http::body::BoxBody>> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as actix_service::Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let (settings, open, pace) = (settings.clone(), open.clone(), pace.clone());
    actix_server::Server::build()
        .workers(settings.workers)
        .max_concurrent_connections(settings.http_connections_per_worker_max)
        .backlog(settings.backlog)
        .disable_signals()
        .listen("public", listener, move || {
            let upgrades = Rc::new(Upgrades::new(settings.clone(), routes(), open.clone(), pace.clone()));
            let upgrade = move |(request, framed): (Request, Framed<TcpStream, h1::Codec>)| {
                actix_rt::spawn(upgrades.clone().upgrade(request, framed));
                ready(Ok::<(), Infallible>(()))
            };
            HttpService::build()
                .client_request_timeout(settings.request_timeout)
                .tcp_nodelay(true)
                .upgrade(fn_service(upgrade))
                .h1(map_config(app(), |()| AppConfig::default()))
                .tcp()
        })
        .map(|server| server.run())
}
