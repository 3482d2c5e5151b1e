//! Loads configurations as the command line does: from files, variables and flags together.

mod endpoints;

use super::load::Loaded;
use super::*;
use std::io::Write;
use tempfile::NamedTempFile;

const SECRET_A: &str = "0123456789abcdef0123456789abcdef";
const SECRET_B: &str = "fedcba9876543210fedcba9876543210";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn load(toml: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    Config::load(Some(file(toml).path()), pairs(variables).into_iter(), &pairs(flags))
}

/// The messages without the temporary directory of the file.
fn messages(result: Result<Loaded, ConfigErrors>) -> Vec<String> {
    let text = result.expect_err("this configuration is wrong").to_string();
    text.lines().map(|line| if line.starts_with('/') { after_file(line) } else { line }.to_string()).collect()
}

fn after_file(line: &str) -> &str {
    line.split_once(':').map_or(line, |(_, rest)| rest)
}

fn origin(loaded: &Loaded, name: &str) -> Origin {
    loaded.settled.iter().find(|settled| settled.spec.name() == name).unwrap().origin.clone()
}

#[test]
fn every_default_is_allowed() {
    let loaded = Config::load(None, std::iter::empty(), &[]).unwrap();
    assert_eq!(loaded.settled.len(), options().count());
    assert!(loaded.settled.iter().all(|settled| settled.origin == Origin::Default));
    assert!(!loaded.config.node.label.is_empty());
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let toml = "[socket]\nmax_message_bytes = 2001\noutbox_bytes = 5001\nfragments_max = 11\n";
    let variables = [("HUBWIRE_SOCKET_OUTBOX_BYTES", "5002"), ("HUBWIRE_SOCKET_FRAGMENTS_MAX", "12")];
    let loaded = load(toml, &variables, &[("--socket-fragments-max", "13")]).unwrap();
    let socket = &loaded.config.socket;
    assert_eq!(
        (socket.ping_interval_ms, socket.max_message_bytes, socket.outbox_bytes, socket.fragments_max),
        (25_000, 2001, 5002, 13)
    );
    assert_eq!(origin(&loaded, "socket.ping_interval_ms"), Origin::Default);
    assert!(matches!(origin(&loaded, "socket.max_message_bytes"), Origin::File { line: 2, .. }));
    let variable = Origin::Variable { name: "HUBWIRE_SOCKET_OUTBOX_BYTES".into() };
    assert_eq!(origin(&loaded, "socket.outbox_bytes"), variable);
    assert_eq!(origin(&loaded, "socket.fragments_max"), Origin::Flag { name: "--socket-fragments-max".into() });
}

#[test]
fn variables_that_are_no_options_are_left_alone() {
    let variables = [
        ("HUBWIRE_CONFIG", "hubwire.toml"),
        ("HUBWIRE_TOKEN", "a.b.c"),
        ("HUBWIRE_PORT", "tcp://10.0.0.1:8080"),
        ("HUBWIRE", "x"),
        ("hubwire_node_label", "x"),
    ];
    assert!(load("", &variables, &[]).is_ok());
}

#[test]
fn the_default_rules_are_those_of_a_node_without_a_configuration() {
    let access = load("", &[], &[]).unwrap().config.access;
    assert_eq!(access.rules, hubwire_actors::access::policy::STARTER_RULES);
    assert_eq!(access.types, hubwire_actors::access::types::STARTER_TYPE_RULES);
}

#[test]
fn a_wrong_rule_is_named_with_what_is_wrong() {
    let toml = "[access]\nrules = ['member may fly on ch:{org}/**']\ntypes = ['deny x on acme']";
    let found = messages(load(toml, &[], &[])).join("\n");
    assert!(found.contains("\"fly\" is not a capability") && found.contains("access.rules"), "{found}");
    assert!(found.contains("must start with org:") && found.contains("access.types"), "{found}");
}

#[test]
fn of_a_repeated_flag_the_last_counts() {
    let loaded = load("", &[], &[("node-label", "a"), ("node-label", "b")]).unwrap();
    assert_eq!(loaded.config.node.label, "b");
}

#[test]
fn each_type_reads_from_the_file_and_from_text() {
    let toml = "[auth]\nrequire_expiry = false\nallowed_origins = ['https://a.org', '*']\n[log]\nformat = 'json'\n\
                [drain]\nrate_per_second = 0x10\n[access]\nrules = []\n[listen]\npublic = '[::]:80'";
    let variables = [
        ("HUBWIRE_AUTH_REQUIRE_EXPIRY", "false"),
        ("HUBWIRE_AUTH_ALLOWED_ORIGINS", "https://a.org, *"),
        ("HUBWIRE_LOG_FORMAT", "json"),
        ("HUBWIRE_DRAIN_RATE_PER_SECOND", "16"),
        ("HUBWIRE_ACCESS_RULES", ""),
        ("HUBWIRE_LISTEN_PUBLIC", "[::]:80"),
    ];
    for loaded in [load(toml, &[], &[]).unwrap(), load("", &variables, &[]).unwrap()] {
        let Config { auth, log, drain, access, listen, .. } = loaded.config;
        assert!(!auth.require_expiry);
        let origins: Vec<String> = auth.allowed_origins.entries().map(ToString::to_string).collect();
        assert_eq!(origins, ["https://a.org", "*"]);
        assert_eq!(log.format, sections::LogFormat::Json);
        assert_eq!(drain.rate_per_second, 16);
        assert!(access.rules.is_empty());
        assert_eq!(listen.public.to_string(), "[::]:80");
    }
}

#[test]
fn all_mistakes_are_reported_at_once_each_with_its_place() {
    let toml = "lebal = 'x'\n[socket]\nping_intervall_ms = 1\npong_timeout_ms = 'soon'\nfragments_max = -1\n\
                [log]\nformat = 'xml'\n[scoket]\n[drain]\ngrace_ms = 1.5\n";
    let variables = [("HUBWIRE_BROKER_ULR", "redis://"), ("HUBWIRE_NODE_WORKERS", "many"), ("PATH", "/bin")];
    let mut found = messages(load(toml, &variables, &[("auth-dev", "yes"), ("nonsense", "")]));
    found.sort();
    assert_eq!(
        found,
        [
            "10: drain.grace_ms is a fraction; allowed: a whole number from 0 to 3600000 (milliseconds)",
            "1: unknown option lebal",
            "3: unknown option socket.ping_intervall_ms; did you mean socket.ping_interval_ms?",
            "4: socket.pong_timeout_ms is \"soon\"; allowed: a whole number from 100 to 3600000 (milliseconds)",
            "5: socket.fragments_max is -1; allowed: a whole number from 1 to 1000000",
            "7: log.format is \"xml\"; allowed: one of text, json",
            "8: unknown option scoket; did you mean [socket]?",
            "environment HUBWIRE_BROKER_ULR: unknown option HUBWIRE_BROKER_ULR; did you mean HUBWIRE_BROKER_URL?",
            "environment HUBWIRE_NODE_WORKERS: node.workers is \"many\"; allowed: a whole number from 0 to 1024",
            "flag --auth-dev: auth.dev is \"yes\"; allowed: true or false",
            "flag --nonsense: unknown option nonsense",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_or_not_there_says_so() {
    let found = messages(load("[socket]\nping_interval_ms = = 3\n", &[], &[]));
    assert!(found[0].starts_with("2: "), "{found:?}");
    let missing = Config::load(Some("/nowhere/hubwire.toml".as_ref()), std::iter::empty(), &[]).unwrap_err();
    assert!(missing.to_string().starts_with("cannot read the configuration file /nowhere/hubwire.toml: "), "{missing}");
}

#[test]
fn options_that_do_not_fit_together_are_refused() {
    let toml =
        "[socket]\npong_timeout_ms = 25000\n[listen]\ninternal = '0.0.0.0:8080'\n[broker]\ndurability = 'replica'\n\
                wait_timeout_ms = 2000\n[auth]\njwt_secrets = ['0123456789abcdef0123456789abcdef', 'short']";
    assert_eq!(
        messages(load(toml, &[], &[("auth-api-keys", "tiny")])),
        [
            "2: socket.pong_timeout_ms is 25000, but must be less than socket.ping_interval_ms, which is 25000",
            "4: listen.internal is 0.0.0.0:8080, the same as listen.public",
            "6: broker.durability is \"replica\", which needs a broker.url",
            "7: broker.wait_timeout_ms is 2000, but must be less than broker.response_timeout_ms, which is 2000",
            "9: auth.jwt_secrets has 5 bytes at entry 2; at least 32 are needed unless auth.dev is true",
            "flag --auth-api-keys: auth.api_keys entry 1: the key has 4 bytes; at least 32 are needed unless auth.dev \
             is true",
        ]
    );
}

#[test]
fn in_dev_mode_short_secrets_do() {
    let loaded = load("[auth]\njwt_secrets = ['short']", &[], &[("auth-dev", "true")]).unwrap();
    assert_eq!(loaded.config.auth.jwt_secrets[0].reveal(), "short");
}

#[test]
fn secrets_come_from_files_too() {
    let keys = file(&format!("{SECRET_A}\n\n{SECRET_B}\n"));
    let url = file("redis://:pw@db:6379/1\n");
    let variables = [("HUBWIRE_AUTH_JWT_SECRETS_FILE", keys.path().to_str().unwrap())];
    let flags = [("broker-url-file", url.path().to_str().unwrap())];
    // the variable takes precedence over the file, although the file has the value itself
    let toml = format!("[auth]\njwt_secrets = ['{SECRET_B}']");
    let config = load(&toml, &variables, &flags).unwrap().config;
    let secrets: Vec<_> = config.auth.jwt_secrets.iter().map(Secret::reveal).collect();
    assert_eq!(secrets, [SECRET_A, SECRET_B]);
    assert_eq!(config.broker.url.reveal(), "redis://:pw@db:6379/1");
}

#[test]
fn a_secret_given_twice_in_one_place_is_refused() {
    let toml = "[auth]\napi_keys = ['x']\napi_keys_file = '/nowhere'";
    let found = messages(load(toml, &[], &[]));
    assert!(found[0].ends_with("auth.api_keys and auth.api_keys_file are both given; give one"), "{found:?}");
}

#[test]
fn a_secret_file_that_is_not_there_says_so() {
    let found = messages(load("", &[("HUBWIRE_AUTH_API_KEYS_FILE", "/nowhere/keys")], &[]));
    assert!(found[0].starts_with("environment HUBWIRE_AUTH_API_KEYS_FILE: cannot read /nowhere/keys: "), "{found:?}");
}

#[test]
fn options_that_are_no_secrets_do_not_come_from_files() {
    let found = messages(load("[node]\nlabel_file = 'x'", &[], &[]));
    assert_eq!(found, ["2: unknown option node.label_file; did you mean node.label?"]);
}

#[test]
fn nothing_prints_a_secret() {
    let variables = [("HUBWIRE_AUTH_JWT_SECRETS", SECRET_A), ("HUBWIRE_BROKER_URL", "redis://:hunter2@db:6379")];
    let loaded = load("", &variables, &[("auth-api-keys", SECRET_B)]).unwrap();
    let printed = format!("{loaded} {loaded:?}");
    assert!(printed.contains("auth.jwt_secrets = [1 redacted]  # environment HUBWIRE_AUTH_JWT_SECRETS\n"), "{loaded}");
    assert!(printed.contains("broker.url = \"redis://***@db:6379\""), "{loaded}");
    for secret in [SECRET_A, SECRET_B, "hunter2"] {
        assert!(!printed.contains(secret));
    }
}

#[test]
fn no_message_quotes_a_secret() {
    let wrong = [
        "[auth]\njwt_secrets = 'hunter2'",
        "[auth]\njwt_secrets = ['hunter2', 7]",
        "[auth]\njwt_secrets = ['hunter2']",
        "[auth]\njwt_secret = ['hunter2']",
        "[auth]\njwt_secrets = ['hunter2'",
        "[auth]\njwt_secrets = hunter2",
        "[broker]\nurl = 'hunter2'",
    ];
    for toml in wrong {
        let found = messages(load(toml, &[], &[]));
        assert!(found.iter().all(|line| !line.contains("hunter2")), "{toml}: {found:?}");
    }
}

#[test]
fn the_example_file_holds_exactly_the_defaults() {
    let toml: String = example_toml()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(option) if option.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => option,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let loaded = load(&toml, &[], &[]).unwrap();
    let defaults = Config::load(None, std::iter::empty(), &[]).unwrap();
    assert_eq!(format!("{:?}", loaded.config), format!("{:?}", defaults.config));
    assert!(loaded.settled.iter().all(|settled| matches!(settled.origin, Origin::File { .. })));
}

#[test]
fn placeholders_of_example_files_are_no_secrets() {
    let example = include_str!("../../deploy/kubernetes/secret.yaml.example");
    let example: serde_yaml_ng::Value = serde_yaml_ng::from_str(example).unwrap();
    let of = |name: &str| example["stringData"][name].as_str().unwrap().to_string();
    for (option, variable) in
        [("auth.jwt_secrets", "HUBWIRE_AUTH_JWT_SECRETS"), ("auth.api_keys", "HUBWIRE_AUTH_API_KEYS")]
    {
        let errors = Config::load(None, [(variable.to_string(), of(variable))].into_iter(), &[]).unwrap_err();
        assert!(errors.to_string().contains(&format!("{option} is a placeholder at entry 1")), "{errors}");
    }
    assert!(Config::load(None, std::iter::empty(), &[("log-level".into(), "verbose".into())]).is_err());
}

// One wrong entry among many must be named.
#[test]
fn a_wrong_entry_of_a_list_is_named_and_the_right_ones_are_not() {
    let found = messages(load(
        "[auth]\nallowed_origins = ['https://a.example', 'a.example:x/y', 'https://b.example']",
        &[],
        &[],
    ));
    let message = "auth.allowed_origins is \"a.example:x/y\"; allowed: a list of origins";
    assert!(found.len() == 1 && found[0].contains(message) && !found[0].contains("https://a.example"), "{found:?}");
    let found = messages(load("[auth]\nallowed_origins = 7", &[], &[]));
    assert!(found[0].contains("auth.allowed_origins is 7"), "{found:?}");
}

#[test]
fn what_single_streams_keep_is_read_and_a_wrong_rule_is_named() {
    let toml = "[streams]\nretention = [\"ch:*/chat/** count=100 age_s=3600\"]\n";
    let retention = load(toml, &[], &[]).unwrap().config.settings().retention;
    let kept = |address: &str| retention.of(&address.parse().unwrap()).unwrap();
    assert_eq!((kept("ch:acme/chat/1").count, kept("ch:acme/chat/1").bytes), (100, 16_777_216));
    assert_eq!(kept("ch:acme/orders").count, 1000);
    let found = messages(load("[streams]\nretention = [\"ch:{org}/x count=1\"]\n", &[], &[])).join("\n");
    assert!(found.contains("streams.retention") && found.contains("between slashes"), "{found}");
}
