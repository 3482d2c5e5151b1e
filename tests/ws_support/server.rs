//! A server in a thread of its own, ended when the test ends.

use super::raw::DEADLINE;
use actix_server::ServerHandle;
use actix_web::{web, App};
use hubwire::ws::{
    serve, upgrade_required, Compression, CompressionMetrics, Echo, OpenSockets, Pace, Routes, ServerSettings,
};
use prometheus::Registry;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use tokio::time::Instant;

pub struct TestServer {
    pub address: SocketAddr,
    pub open: OpenSockets,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Echoes on `/echo`, with limits wide enough for every test of correctness.
    pub fn echo() -> Self {
        TestServer::with(|settings| {
            settings.socket.limits.message_bytes_max = 1 << 20;
            settings.socket.control_frames_per_second = 0;
        })
    }

    /// As [`TestServer::echo`], and compresses what it can.
    pub fn compressing() -> Self {
        TestServer::with(|settings| {
            settings.socket.limits.message_bytes_max = 1 << 20;
            settings.socket.control_frames_per_second = 0;
            let metrics = CompressionMetrics::new(&Registry::new()).unwrap();
            settings.socket.compression = Some(Compression { min_bytes: 1, level: 6, metrics });
        })
    }

    pub fn with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        TestServer::with_routes(change, || Routes::default().with("/echo", Echo))
    }

    pub fn with_routes(change: impl FnOnce(&mut ServerSettings), routes: fn() -> Routes) -> Self {
        let mut settings = ServerSettings { workers: 1, ..ServerSettings::default() };
        change(&mut settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = OpenSockets::new(settings.sockets_max, settings.sockets_per_address_max);
        let (tell, told) = sync_channel(1);
        let counted = open.clone();
        let thread = std::thread::spawn(move || {
            actix_rt::System::new().block_on(async move {
                let server = serve(listener, &settings, &counted, &Pace::free(), move || {
                    let app = App::new()
                        .service(upgrade_required("/echo"))
                        .route("/", web::get().to(|| std::future::ready("ordinary")));
                    (routes(), app)
                })
                .await
                .unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        TestServer { address, open, handle: told.recv().unwrap(), thread: Some(thread) }
    }

    /// Asserts that so many sockets are counted as open, now or soon.
    pub fn assert_sockets(&self, count: usize) {
        let deadline = Instant::now() + DEADLINE;
        while self.open.count() != count {
            assert!(Instant::now() < deadline, "{} sockets are open, not {count}", self.open.count());
            std::thread::yield_now();
        }
    }

    /// Asserts that each place was given back.
    pub fn assert_no_sockets(&self) {
        self.assert_sockets(0);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false)); // the command is sent at the call; the future only awaits its end
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}
