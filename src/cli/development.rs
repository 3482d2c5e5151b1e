//! Defaults of `--dev`: enough to try everything on one machine.

use super::error::CliError;
use crate::config::load::Loaded;
use crate::config::{Limits, Origin, Secret};

/// The flags that `--dev` stands for.
pub fn flags() -> [(String, String); 1] {
    [("auth-dev".into(), "true".into())]
}

/// Sets defaults for options that are not set, and refuses to listen where other machines could reach the node.
pub fn complete(loaded: &mut Loaded) -> Result<(), CliError> {
    if is_default(loaded, "listen.public") {
        loaded.config.listen.public.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    if is_default(loaded, "auth.jwt_secrets") {
        loaded.config.auth.jwt_secrets = vec![Secret::from(Secret::OF_DEVELOPMENT)];
    }
    if is_default(loaded, "auth.api_keys") {
        loaded.config.auth.api_keys = vec![Secret::from(Secret::OF_DEVELOPMENT)];
    }
    lift_rates(loaded);
    let listen = &loaded.config.listen;
    for (option, address) in [("listen.public", listen.public), ("listen.internal", listen.internal)] {
        if !address.ip().is_loopback() {
            return Err(CliError::Usage(format!(
                "{option} is {address}, but in development mode everybody may connect as any user, so a node listens \
                 on \
                 loopback only; use 127.0.0.1:{}, or start without --dev",
                address.port()
            )));
        }
    }
    Ok(())
}

type Lift = fn(&mut Limits);

/// Limits to lift: only this machine reaches the node, so there are no attackers, and a load tool should reach the
/// limits of the node rather than those of its users.
const LIFTED: [(&str, &str, Lift); 7] = [
    ("limits.actions_per_second", "0", |limits| limits.actions_per_second = 0),
    ("limits.deliveries_per_second", "0", |limits| limits.deliveries_per_second = 0),
    ("limits.user_rates", "[]", |limits| limits.user_rates.clear()),
    ("limits.org_rates", "[]", |limits| limits.org_rates.clear()),
    ("limits.address_rates", "[]", |limits| limits.address_rates.clear()),
    ("limits.user_bytes_max", "0", |limits| limits.user_bytes_max = 0),
    ("limits.org_bytes_max", "0", |limits| limits.org_bytes_max = 0),
];

fn lift_rates(loaded: &mut Loaded) {
    for (option, shown, lift) in LIFTED {
        if let Some(settled) =
            loaded.settled.iter_mut().find(|one| one.spec.name() == option && one.origin == Origin::Default)
        {
            settled.shown = shown.into();
            lift(&mut loaded.config.limits);
        }
    }
}

fn is_default(loaded: &Loaded, option: &str) -> bool {
    loaded.settled.iter().any(|settled| settled.spec.name() == option && settled.origin == Origin::Default)
}

#[cfg(test)]
mod tests {
    use super::super::overrides::{ConfigSource, Overrides};
    use super::*;

    fn limits_with(flags: &[(&str, &str)]) -> Limits {
        let mut source = ConfigSource { config: None, overrides: Overrides::default() };
        source.overrides.0.extend(self::flags());
        source.overrides.0.extend(flags.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let mut loaded = source.load().expect("these are right");
        complete(&mut loaded).expect("it listens on loopback");
        loaded.config.limits
    }

    #[test]
    fn users_of_a_development_node_have_no_rates_unless_it_is_given_some() {
        let lifted = limits_with(&[]);
        assert_eq!((lifted.actions_per_second, lifted.user_bytes_max), (0, 0));
        assert!(lifted.user_rates.is_empty() && lifted.org_rates.is_empty());
        let given = limits_with(&[("limits-actions-per-second", "7"), ("limits-user-rates", "direct=3/4")]);
        assert_eq!((given.actions_per_second, given.user_rates.as_slice()), (7, ["direct=3/4".to_owned()].as_slice()));
    }
}
