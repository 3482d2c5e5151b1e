//! A process that runs only WS-HUB: one public listener, an optional internal one, and Redis.

use super::api::internal_scope;
use super::endpoint::{not_an_upgrade, WsHubEndpoint, WsHubHandle};
use super::file::{bind, FileConfig, FileError};
use super::report::{report_routes, status};
use crate::ws::{serve, OpenSockets, Pace, Routes, ServerSettings};
use actix_server::{Server, ServerHandle};
use actix_web::{web, App, HttpServer};
use hubwire_actors::backend::open::{self, BadServer};
use hubwire_actors::mail;
use hubwire_actors::vital::Vital;
use hubwire_actors::words::wshub::CloseAll;
use hubwire_actors::wshub::WsHub;
use hubwire_protocol::CloseCode;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{interval, timeout};

/// Longest time to wait for clients to complete the close handshake when the process stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the process could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The file is not a valid configuration.
    #[error(transparent)]
    File(#[from] FileError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Bind {
        /// The address.
        address: String,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The address of Redis cannot be used.
    #[error("redis.address: {0}")]
    Redis(#[from] BadServer),
    /// An actor that the process depends on panicked.
    #[error("a fault within the process, see its log; start it again")]
    Broken,
    /// The server failed.
    #[error(transparent)]
    Server(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
pub fn run(config: &Path) -> Result<(), RunError> {
    let config = FileConfig::load(config)?;
    actix_rt::System::new().block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let standalone = Standalone::start(&config).await?;
        log::info!("WS-HUB listens: address={} path={}", standalone.address, config.endpoint.path);
        let mut outcome = Ok(());
        crate::signals::ignore_hangup();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = standalone.handle.vital.broken() => outcome = Err(RunError::Broken),
        }
        standalone.stop().await;
        outcome
    })
}

/// The parts of a running process.
pub struct Standalone {
    /// The address of the public listener.
    pub address: SocketAddr,
    /// The address of the internal listener.
    pub internal_address: Option<SocketAddr>,
    handle: WsHubHandle,
    open: OpenSockets,
    servers: Vec<ServerHandle>,
}

impl Standalone {
    /// Starts everything on the calling thread's actix system. Redis may become available later: until then clients
    /// wait.
    pub async fn start(config: &FileConfig) -> Result<Self, RunError> {
        let (listener, address) = listen(&config.address)?;
        let internal = config.internal_address.as_deref().map(listen).transpose()?;
        let bus = open::plain_bus_at(config.redis.0.clone(), config.redis.1)?;
        let vital = Vital::default();
        let hub = WsHub::start(Arc::new(config.endpoint.hub.clone()), bus, None, &vital);
        let handle = WsHubHandle::new(hub, config.endpoint.clone(), vital);
        let settings = server_settings();
        let open = OpenSockets::new(settings.sockets_max, settings.sockets_per_address_max);
        let served = handle.clone();
        let public = serve(listener, &settings, &open, &Pace::free(), move || {
            let routes = Routes::default().with(&served.config.path, WsHubEndpoint::new(served.clone()));
            let app = App::new()
                .app_data(web::Data::new(served.clone()))
                .route("/status", web::get().to(status))
                .service(not_an_upgrade(&served.config.path));
            (routes, app)
        })
        .await?;
        let mut servers = vec![spawn(public)];
        let internal_address = internal.as_ref().map(|(_, address)| *address);
        if let Some((listener, _)) = internal {
            let served = handle.clone();
            let app =
                move || App::new().configure(report_routes(served.clone())).service(internal_scope(served.clone()));
            servers.push(spawn(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run()));
        }
        Ok(Standalone { address, internal_address, handle, open, servers })
    }

    /// Accepts no more connections, closes the open ones with 1001, and ends.
    pub async fn stop(self) {
        for server in &self.servers {
            server.pause().await;
        }
        let code = CloseCode::GoingAway;
        mail::insist(&self.handle.hub, CloseAll { code: code.code(), reason: code.reason() });
        let closed = async {
            let mut looks = interval(Duration::from_millis(20));
            while self.open.count() > 0 {
                looks.tick().await;
            }
        };
        if timeout(STOP_TIMEOUT, closed).await.is_err() {
            log::debug!("connections did not close in time: left={}", self.open.count());
        }
        for server in &self.servers {
            server.stop(false).await;
        }
    }
}

fn server_settings() -> ServerSettings {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    ServerSettings { workers, ..ServerSettings::default() }
}

fn listen(address: &str) -> Result<(std::net::TcpListener, SocketAddr), RunError> {
    let bound = bind(address).and_then(|listener| listener.local_addr().map(|bound| (listener, bound)));
    bound.map_err(|error| RunError::Bind { address: address.to_owned(), error })
}

fn spawn(server: Server) -> ServerHandle {
    let handle = server.handle();
    actix_rt::spawn(async move {
        if let Err(error) = server.await {
            log::error!("a listener stopped: {error}");
        }
    });
    handle
}
