//! Advice about a valid configuration, logged once when the node starts.

use crate::config::load::Loaded;
use crate::config::{Origin, Settled};

/// The advice, one sentence each, with what to do.
pub(crate) fn advice(loaded: &Loaded) -> Vec<String> {
    let (auth, wshub) = (&loaded.config.auth, &loaded.config.wshub);
    let mut advice = Vec::new();
    if wshub.enabled {
        advice.push(format!(
            "wshub.enabled opens sockets at {} to everybody, without credentials, as WS-HUB does; keep that path \
             inside your network, or let something in front of the node check who comes",
            wshub.path
        ));
    }
    if !auth.dev {
        advice.extend(loaded.settled.iter().filter_map(|settled| seen_by_all(loaded, settled)));
    }
    advice
}

/// Warns of a secret among the arguments of the process.
fn seen_by_all(loaded: &Loaded, settled: &Settled) -> Option<String> {
    let Origin::Flag { name } = &settled.origin else { return None };
    let (spec, config) = (settled.spec, &loaded.config);
    // the name of a file is not secret
    let by_file = format!("--{}", spec.file_flag()?);
    let tells = match spec.name().as_str() {
        "broker.url" => config.broker.url.has_password(),
        "wshub.redis_url" => config.wshub.redis_url.has_password(),
        _ => true,
    };
    (tells && *name != by_file).then(|| {
        format!(
            "{name}: every user of this machine can see the arguments of a process; give the secret by {by_file} or {}",
            spec.variable()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn advice_with(flags: &[(&str, &str)]) -> Vec<String> {
        let flags: Vec<_> = flags.iter().map(|(flag, value)| (flag.to_string(), value.to_string())).collect();
        advice(&Config::load(None, std::iter::empty(), &flags).unwrap())
    }

    #[test]
    fn a_secret_among_the_arguments_is_named_and_one_in_a_file_is_not() {
        let secret = "a secret of at least thirty-two bytes";
        let given = advice_with(&[("auth-jwt-secrets", secret), ("broker-url", "redis://:pass@127.0.0.1/")]);
        assert_eq!(given.len(), 2, "{given:?}");
        assert!(given.iter().all(|sentence| !sentence.contains(secret) && !sentence.contains("pass@")), "{given:?}");
        assert!(given
            .iter()
            .any(|it| it.contains("--auth-jwt-secrets-file") && it.contains("HUBWIRE_AUTH_JWT_SECRETS")));
        assert!(given.iter().any(|it| it.starts_with("--broker-url") && it.contains("HUBWIRE_BROKER_URL")));

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), secret).unwrap();
        let in_file = ("auth-jwt-secrets-file", file.path().to_str().unwrap());
        assert_eq!(advice_with(&[in_file, ("broker-url", "redis://127.0.0.1/")]), Vec::<String>::new());
        assert_eq!(advice_with(&[("auth-dev", "true"), ("auth-jwt-secrets", "dev")]), Vec::<String>::new());
    }

    #[test]
    fn sockets_without_credentials_are_pointed_out() {
        let given = advice_with(&[("wshub-enabled", "true"), ("wshub-path", "/hub")]);
        assert!(
            matches!(&given[..], [one] if one.contains("/hub") && one.contains("without credentials")),
            "{given:?}"
        );
    }
}
