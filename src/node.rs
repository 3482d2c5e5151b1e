//! Assembles the parts of a node and runs it until it has drained.

mod error;

pub use error::NodeError;

use crate::alone::Alone;
use crate::application::Backends;
use crate::auth::jwt::Tokens;
use crate::broker_login::login;
use crate::broker_metrics::{BrokerMetrics, EventQueue};
use crate::centrifuge::{Authenticators, Centrifuge, CentrifugeEndpoint, SUBSCRIPTION_CLAIM, UNI_PATH};
use crate::config::load::Loaded;
use crate::config::sections::Durability;
use crate::descriptors;
use crate::endpoint::{Admittance, HubEndpoint};
use crate::http::{self, Drain, ProcessMetrics};
use crate::http_state::http_state;
use crate::listener::{http_server, listen, Door};
use crate::listener_tls::ListenerTls;
use crate::node_metrics;
use crate::operator::live_channels::ForClients;
use crate::refusals::Refusals;
use crate::reload::Reload;
pub use crate::reload::Source;
use crate::server_events;
use crate::server_settings::{compression, server_settings};
use crate::socket_path::SOCKET_PATH;
use crate::sse::{Entrance, Streams};
use crate::start_advice;
use crate::telemetry::Telemetry;
use crate::ws::{self, Echo, OpenSockets, Routes};
use crate::wshub::{self, WsHubEndpoint};
use crate::{admin, demo};
use actix_web::{web, App};
use hubwire_actors::backend::{open, Backend, BackendEvent};
use hubwire_actors::environment::Environment;
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::{Node, Parts};
use hubwire_protocol::Incarnation;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events of the broker that may wait for the bridge; beyond it every stream is compared with its log.
const EVENTS_MAX: usize = 64 * 1024;

/// Options of the command line, in addition to the configuration.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// Development mode.
    pub dev: bool,
    /// Path of a WebSocket echo.
    pub echo_path: Option<String>,
}

/// Runs a node until it has drained. `source` reads the configuration again.
pub fn run(loaded: Loaded, options: ServeOptions, source: Source) -> Result<(), NodeError> {
    if loaded.config.auth.jwt_secrets.is_empty() {
        return Err(NodeError::NoSecret);
    }
    if options.echo_path.is_some() && !options.dev {
        return Err(NodeError::EchoWithoutDev);
    }
    start_advice::advice(&loaded).iter().for_each(|sentence| log::warn!("{sentence}"));
    actix_rt::System::new().block_on(serve(&loaded, options, source))
}

async fn serve(loaded: &Loaded, options: ServeOptions, source: Source) -> Result<(), NodeError> {
    let config = &loaded.config;
    // ports first: an occupied port is the most likely mistake, and nothing has to be undone then
    let public = listen("listen.public", config.listen.public)?;
    let internal = listen("listen.internal", config.listen.internal)?;
    let agent_check = config.agent_check.listen.map(|address| listen("agent_check.listen", address)).transpose()?;
    let tls = ListenerTls::load(config)?;
    let environment = Environment::real();
    let incarnation = environment.incarnation();
    let metrics = Arc::new(Metrics::new()?);
    metrics.registry().register(Box::new(ProcessMetrics::new()?))?;
    let of_subscriptions = config.centrifuge.enabled.then_some(SUBSCRIPTION_CLAIM);
    let tokens = Arc::new(Tokens::new(&config.auth, environment.clone())?.without(of_subscriptions));
    let backends = Backends::configured(config, &environment, metrics.registry())?;
    let is_in_memory = config.broker.url.is_memory();
    let centrifuge =
        Centrifuge::configured(&config.centrifuge, &tokens, &environment, backends.as_deref(), is_in_memory);
    let (tracer, telemetry) = Telemetry::start(config, incarnation, &environment, metrics.registry())?;
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    metrics.registry().register(Box::new(EventQueue::new(&sender)?))?;
    let backend = backend(loaded, incarnation, &environment, &metrics, sender)?;
    crate::serve::advise(backend.clone());
    let delivering = backend.clone();
    let node = Node::start(Parts {
        settings: Arc::new(loaded.settings()),
        environment: environment.clone(),
        metrics,
        incarnation,
        authenticator: Arc::new(Authenticators { own: tokens.clone(), centrifuge: centrifuge.clone() }),
        backend,
        events,
        tracer,
    });
    crate::panics::watch(node.metrics().registry(), node.vital().clone())?;
    backends.iter().for_each(|backends| node.set_application(backends.clone()));
    server_events::deliver(config, &delivering, backends.as_ref(), &node)?;
    node.set_live_channels(Arc::new(ForClients::of(&node)));
    let connect = backends.and_then(|backends| backends.connect_hook());
    let wshub = wshub::embed(loaded, &node)?;
    let drain = Drain::default();
    node_metrics::register(node.metrics().registry(), &drain)?;
    let reload = Reload::new(&node, &tokens, loaded, source, tls.clone())?;
    let mut settings = server_settings(config, &tls, &reload.proxies);
    settings.socket.compression = compression(config, node.metrics().registry())?;
    let open = OpenSockets::new(settings.sockets_max, settings.sockets_per_address_max);
    node_metrics::register_sockets(node.metrics().registry(), &open)?;
    crate::serve::begin_when_connected(&node, &open);
    let state = http_state(loaded, &node, &tokens, &drain, &open, &reload)?;
    http::serve_answers(&node, &state);
    let alone = Alone::new(config.broker.url.is_memory());
    let refusals = Refusals::new(node.metrics().registry(), node.audit().clone())?;
    let admittance = Arc::new(Admittance {
        tokens,
        pages: reload.pages.clone(),
        cookies: reload.cookies.clone(),
        dev: config.auth.dev,
        refusals,
        alone,
        connect,
    });
    let (hub, echo_path, wshub_sockets) = (node.clone(), options.echo_path.clone(), wshub.clone());
    let (wait, registry) = (Duration::from_millis(config.accept.wait_ms), node.metrics().registry());
    let pace = ws::Pace::new(config.accept.per_second, config.accept.burst, wait, registry)?;
    let (public_state, wshub_public) = (state.clone(), wshub.clone());
    let (describes_itself, shows_demo) = (config.auth.dev, config.node.demo || config.auth.dev);
    let (paced, counted, bounds, has_streams) = (pace.clone(), open.clone(), settings.clone(), config.socket.stream);
    let centrifuge_path = centrifuge.as_ref().map(|_| config.centrifuge.path.clone());
    let centrifuge_sockets = centrifuge.zip(centrifuge_path.clone());
    let centrifuge_api = config.centrifuge.enabled.then(|| node.clone());
    let centrifuge_public_api = centrifuge_api.clone().filter(|_| config.centrifuge.public_api);
    let rooms = crate::rooms::configured(&config.rooms);
    let served = move || {
        let endpoint = Rc::new(HubEndpoint::new(hub.clone(), admittance.clone()));
        let posts = public_state.posts.posts().clone();
        let entrance = Entrance::new(counted.clone(), paced.clone(), &bounds, posts);
        let mut centrifuge_streams = None;
        let mut routes = Routes::default().with_shared(SOCKET_PATH, endpoint.clone());
        if let Some((centrifuge, path)) = &centrifuge_sockets {
            let worker = endpoint.worker().clone();
            let endpoint = CentrifugeEndpoint::new(centrifuge.clone(), admittance.clone(), hub.clone(), worker);
            let endpoint = Rc::new(endpoint);
            routes = routes.with(UNI_PATH, endpoint.unidirectional()).with_shared(path, endpoint.clone());
            centrifuge_streams = Some(crate::centrifuge::Streams::new(endpoint, entrance.clone()));
        }
        if let Some((path, clientele)) = &rooms {
            routes = routes.with(path, endpoint.of(clientele.clone()));
        }
        if let Some(path) = &echo_path {
            routes = routes.with(path, Echo);
        }
        if let Some(handle) = &wshub_sockets {
            routes = routes.with(handle.path(), WsHubEndpoint::new(handle.clone()));
        }
        let streams = Streams::new(endpoint, entrance);
        let app = App::new()
            .configure(|app| has_streams.then(|| app.app_data(web::Data::new(streams))).map_or((), drop))
            .service(ws::upgrade_required(SOCKET_PATH))
            .configure(crate::centrifuge::public_routes(centrifuge_path.as_deref(), centrifuge_streams))
            .configure(crate::centrifuge::api_routes(centrifuge_public_api.clone()))
            .configure(crate::rooms::public_routes(rooms.as_ref()))
            .configure(wshub::public_routes(wshub_public.as_ref()))
            .configure(demo::public_routes(public_state.clone(), shows_demo))
            .configure(http::documents(describes_itself))
            .configure(http::routes::public(public_state.clone()));
        (routes, app)
    };
    let waiting = public.try_clone()?;
    let public_server = ws::serve(public, &settings, &open, &pace, served).await?;
    if let Some(listener) = agent_check {
        crate::agent_check::serve(listener, state.clone())?;
    }
    let internal_app = move || {
        App::new()
            .configure(crate::centrifuge::api_routes(centrifuge_api.clone()))
            .configure(wshub::internal_routes(wshub.as_ref()))
            .configure(admin::internal_routes(state.clone()))
            .configure(http::routes::internal(state.clone()))
    };
    let door = Door { tls: tls.internal, timeout: settings.request_timeout, ..Door::default() };
    let internal_server = http_server("internal", internal, door, settings.keep_alive, internal_app)?;
    let stop = (public_server.handle(), internal_server.handle());
    actix_rt::spawn(descriptors::shortage::watch(open.clone(), public_server.handle(), waiting));
    actix_rt::spawn(public_server);
    actix_rt::spawn(internal_server);
    crate::serve::say_ready(config, options.dev);
    reload.serve();
    let grace = Duration::from_millis(config.drain.grace_ms);
    let outcome = crate::serve::until_drained(&node, &drain, &open, grace).await;
    server_events::hand_over(config, &delivering).await;
    telemetry.finish().await;
    stop.0.stop(false).await;
    stop.1.stop(false).await;
    outcome
}

/// The configured backend, with its counters.
fn backend(
    loaded: &Loaded,
    incarnation: Incarnation,
    environment: &Environment,
    metrics: &Metrics,
    events: mpsc::Sender<BackendEvent>,
) -> Result<Rc<dyn Backend>, NodeError> {
    let opened = open_broker(loaded, incarnation, environment, events)?;
    if let Some(stats) = opened.stats {
        metrics.registry().register(Box::new(BrokerMetrics::new(stats)?))?;
    }
    Ok(opened.backend)
}

/// Opens the configured broker.
///
/// # Errors
/// If the URL does not describe a broker.
pub(crate) fn open_broker(
    loaded: &Loaded,
    incarnation: Incarnation,
    environment: &Environment,
    events: mpsc::Sender<BackendEvent>,
) -> Result<open::Opened, open::LocationError> {
    let section = &loaded.config.broker;
    let broker = open::BrokerOptions {
        url: section.url.reveal(),
        tls: loaded.config.broker_tls(),
        login: login(loaded, "broker.url"),
        key_prefix: &section.key_prefix,
        response_timeout: Duration::from_millis(section.response_timeout_ms),
        queue_max: section.queue_max,
        queue_bytes_max: section.queue_bytes,
        replicas_acked: match section.durability {
            Durability::Replica => section.wait_replicas as usize,
            Durability::Memory | Durability::Redis => 0,
        },
        synced: section.durability != Durability::Memory,
        wait_timeout: Duration::from_millis(section.wait_timeout_ms),
        memory_bytes_max: section.memory_bytes_max,
        memory_watermark_percent: section.memory_watermark_percent,
        server_events: loaded.config.server_events(),
        last_seen: loaded.config.presence.last_seen,
    };
    open::backend(&broker, incarnation, environment, events)
}
