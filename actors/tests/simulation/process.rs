//! A node's process: all its actors as one task, which can be stopped, continued and killed like a process.

use crate::backend::LinkedBackend;
use crate::link::Link;
use crate::sabotage::Sabotage;
use crate::wire::Wire;
use hubwire_actors::backend::BackendEvent;
use hubwire_actors::delivery::Worker;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::{Authenticator, Identity, OrgMembership};
use hubwire_actors::metrics::Metrics;
use hubwire_actors::node::{Node, Parts};
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::settings::Settings;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Dialect, Incarnation};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// See the module.
pub struct Process {
    /// The door of the node.
    pub node: Node,
    /// Its link to the broker.
    pub link: Rc<Link>,
    worker: Rc<Worker>,
    cpu: Rc<Cpu>,
    wires: RefCell<Vec<Weak<Wire>>>,
}

/// Where the node's tasks run. While it is stopped time passes and timers end, but nothing of the node happens.
struct Cpu {
    tasks: RefCell<Option<LocalSet>>,
    stopped: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What a node is started with.
pub struct Boot {
    pub settings: Arc<Settings>,
    pub environment: Environment,
    pub incarnation: Incarnation,
    pub link: Rc<Link>,
    pub sabotage: Sabotage,
    pub events: mpsc::Receiver<BackendEvent>,
}

impl Process {
    pub fn start(boot: Boot) -> Rc<Self> {
        let Boot { settings, environment, incarnation, link, sabotage, events } = boot;
        let tasks = LocalSet::new();
        let entered = tasks.enter();
        let node = Node::start(Parts {
            settings,
            environment,
            metrics: Arc::new(Metrics::new().expect("metrics have names of their own")),
            incarnation,
            authenticator: Arc::new(EverybodyIsWhoTheySay),
            backend: Rc::new(LinkedBackend { link: link.clone(), sabotage }),
            events,
            tracer: Default::default(),
        });
        let worker = Worker::start(node.clone());
        drop(entered);
        let cpu =
            Rc::new(Cpu { tasks: RefCell::new(Some(tasks)), stopped: Cell::new(false), waker: RefCell::default() });
        tokio::task::spawn_local(Running(cpu.clone()));
        Rc::new(Process { node, link, worker, cpu, wires: RefCell::default() })
    }

    /// A client's socket. Without an identity the client's first message has to say who it is.
    pub fn accept(&self, wire: &Rc<Wire>, identity: Option<Identity>) {
        let mut wires = self.wires.borrow_mut();
        wires.retain(|wire| wire.strong_count() > 0);
        wires.push(Rc::downgrade(wire));
        let tasks = self.cpu.tasks.borrow();
        let Some(tasks) = &*tasks else { return wire.reset() };
        let _entered = tasks.enter();
        let (outbox, incoming) = wire.node_end();
        Session::start(
            self.worker.clone(),
            Opening {
                session: None,
                dialect: Dialect::default(),
                identity,
                hold: false,
                visible_ping: false,
                device_class: None,
                address: None,
            },
            outbox,
            incoming,
        );
    }

    /// Nothing of it runs until it is continued.
    pub fn stop(&self) {
        self.cpu.stopped.set(true);
    }

    pub fn go_on(&self) {
        self.cpu.stopped.set(false);
        self.cpu.wake();
    }

    /// Breaks all its sockets.
    pub fn hang_up(&self) {
        self.wires.borrow().iter().filter_map(Weak::upgrade).for_each(|wire| wire.reset());
    }

    /// It is gone within its turn, without closing anything.
    pub fn kill(&self) {
        self.link.sever();
        let tasks = self.cpu.tasks.take();
        drop(tasks);
        self.hang_up();
        self.cpu.wake();
    }
}

impl Cpu {
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The task of a process.
struct Running(Rc<Cpu>);

impl Future for Running {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let cpu = &self.0;
        *cpu.waker.borrow_mut() = Some(cx.waker().clone());
        if cpu.stopped.get() {
            return Poll::Pending;
        }
        match &mut *cpu.tasks.borrow_mut() {
            Some(tasks) => Pin::new(tasks).poll(cx),
            None => Poll::Ready(()),
        }
    }
}

/// A token is the name of a device: `<user>/<device>`.
struct EverybodyIsWhoTheySay;

impl Authenticator for EverybodyIsWhoTheySay {
    fn token(&self, token: &str, _: Dialect) -> Result<Identity, Refusal> {
        Ok(identity(token))
    }
}

/// Who a device is: an admin of `acme`, in the team `ops`.
pub fn identity(device: &str) -> Identity {
    let (user, _) = device.split_once('/').expect("a device is named <user>/<device>");
    let membership = OrgMembership { roles: ["admin".into()].into(), teams: ["ops".parse().unwrap()].into() };
    Identity {
        device: Some(device.replace('/', ".").parse().unwrap()),
        orgs: [("acme".parse().unwrap(), membership)].into_iter().collect(),
        ..Identity::of(user.parse().unwrap())
    }
}
