//! What `--dev` decides where the configuration does not: enough to try everything on one machine.

use super::error::CliError;
use crate::config::{Loaded, Origin, Secret};

/// Secret of tokens and key of the server API on a node in development mode that was given none.
pub const SECRET: &str = "dev";

/// The flags `--dev` stands for.
pub fn flags() -> [(String, String); 1] {
    [("auth-dev".into(), "true".into())]
}

/// Fills in what nobody configured, and refuses to listen where others could reach the node.
pub fn complete(loaded: &mut Loaded) -> Result<(), CliError> {
    if is_default(loaded, "listen.public") {
        loaded.config.listen.public.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    if is_default(loaded, "auth.jwt_secrets") {
        loaded.config.auth.jwt_secrets = vec![Secret::from(SECRET)];
    }
    if is_default(loaded, "auth.api_keys") {
        loaded.config.auth.api_keys = vec![Secret::from(SECRET)];
    }
    let listen = &loaded.config.listen;
    for (option, address) in [("listen.public", listen.public), ("listen.internal", listen.internal)] {
        if !address.ip().is_loopback() {
            return Err(CliError::Usage(format!(
                "{option} is {address}, but in development mode everybody may connect as anybody, so a node listens on \
                 loopback only; use 127.0.0.1:{}, or start without --dev",
                address.port()
            )));
        }
    }
    Ok(())
}

fn is_default(loaded: &Loaded, option: &str) -> bool {
    loaded.settled.iter().any(|settled| settled.spec.name() == option && settled.origin == Origin::Default)
}
