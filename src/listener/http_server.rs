//! A listener that serves only an actix-web application.

use super::arrival::Door;
use super::serve::{behind, Complaints};
use actix_http::{body::BoxBody, body::MessageBody, HttpService, Request, Response};
use actix_server::Server;
use actix_service::{map_config, IntoServiceFactory, Service, ServiceFactory};
use actix_web::dev::AppConfig;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

/// Serves `app`, created once, on one thread. The caller handles signals.
///
/// # Errors
/// When the listener cannot be used.
pub fn http_server<F, I, S, B>(
    name: &str,
    listener: TcpListener,
    door: Door,
    keep_alive: Duration,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let complaints = Complaints::default();
    let service = move || {
        let http = HttpService::build().keep_alive(keep_alive).h1(map_config(app(), |()| AppConfig::default()));
        behind(door.clone(), http, complaints.clone())
    };
    Ok(Server::build().workers(1).disable_signals().listen(name, listener, service)?.run())
}
