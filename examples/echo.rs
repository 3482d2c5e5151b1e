//! An echo server on the node's own socket layer, for foreign test suites.
//!
//! `cargo run --example echo -- 127.0.0.1:9001 [BYTES_MAX [FRAGMENTS_MAX [CONTROL_PER_SECOND [REQUEST_TIMEOUT_MS]]]]`

use actix_web::{web, App};
use hubwire::ws::{serve, upgrade_required, Echo, OpenSockets, Pace, Routes, ServerSettings};
use std::io::Write as _;
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:9001".into());
    let mut number = |default: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let mut settings = ServerSettings::default();
    settings.socket.limits.message_bytes_max = number(16 << 20) as usize;
    settings.socket.limits.fragments_max = number(1 << 20) as u32;
    settings.socket.control_frames_per_second = number(0) as u32;
    settings.request_timeout = Duration::from_millis(number(5000));
    let listener = std::net::TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let open = OpenSockets::new(settings.sockets_max, settings.sockets_per_address_max);
    actix_rt::System::new().block_on(async {
        serve(listener, &settings, &open, &Pace::free(), || {
            let app = App::new()
                .service(upgrade_required("/echo"))
                .route("/", web::get().to(|| std::future::ready("hubwire echo")));
            (Routes::default().with("/echo", Echo), app)
        })
        .await?
        .await
    })
}
