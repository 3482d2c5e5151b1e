//! `check-config`, `config`, and a node's errors about an invalid configuration.

mod cli_support;

use cli_support::{hubwire, hubwire_in};
use serde_json::json;
use std::path::PathBuf;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hubwire.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

#[test]
fn a_mistake_in_the_file_is_told_with_file_line_key_and_nearest_name() {
    let (_directory, path) = file("[socket]\nping_intervall_ms = 5000\n");
    let path = path.to_str().unwrap();
    for command in ["check-config", "serve"] {
        let run = hubwire(&[command, "--config", path]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        let expected =
            format!("{path}:2: unknown option socket.ping_intervall_ms; did you mean socket.ping_interval_ms?");
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let (_directory, path) = file("[node]\nworkers = \"many\"\n[log]\nformat = \"xml\"\n");
    let arguments = ["check-config", "--config", path.to_str().unwrap(), "--socket-ping-interval-ms", "soon"];
    let run = hubwire_in(&arguments, &[("HUBWIRE_BROKER_ULR", "redis://127.0.0.1")]);
    for part in [
        "node.workers",
        "log.format",
        "flag --socket-ping-interval-ms",
        "HUBWIRE_BROKER_ULR; did you mean HUBWIRE_BROKER_URL?",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let (_directory, path) = file("[node]\nlabel = \"file\"\n[log]\nlevel = \"warn\"\n[drain]\ngrace_ms = 7\n");
    let variables = [("HUBWIRE_NODE_LABEL", "environment"), ("HUBWIRE_LOG_LEVEL", "debug")];
    let path = path.to_str().unwrap();
    let run = hubwire_in(&["--json", "check-config", "--config", path, "--node-label", "flag"], &variables);
    let document = run.document();
    let of = |name: &str| {
        let options = document["options"].as_array().unwrap();
        let option = options.iter().find(|option| option["option"] == name).unwrap().clone();
        (option["value"].as_str().unwrap().to_owned(), option["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("node.label"), ("\"flag\"".into(), "flag --node-label".into()));
    assert_eq!(of("log.level"), ("\"debug\"".into(), "environment HUBWIRE_LOG_LEVEL".into()));
    assert_eq!(of("drain.grace_ms"), ("7".into(), format!("{path}:6")));
    assert_eq!(of("drain.rate_per_second").1, "default");
}

#[test]
fn secrets_are_never_shown() {
    let secret = "a-secret-that-is-long-enough-to-be-taken";
    let variables = [("HUBWIRE_AUTH_API_KEYS", secret), ("HUBWIRE_BROKER_URL", "redis://:s3cret@127.0.0.1:1/0")];
    for arguments in [&["check-config"][..], &["--json", "check-config"]] {
        let run = hubwire_in(arguments, &variables);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("auth.api_keys") && run.stdout.contains("broker.url"));
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(secret) && !text.contains("s3cret"), "{text}");
        }
    }
    let short = hubwire_in(&["check-config"], &[("HUBWIRE_AUTH_API_KEYS", "s3cret")]);
    assert_eq!(short.code, 1);
    assert!(!short.stderr.contains("s3cret"), "{}", short.stderr);
}

#[test]
fn the_default_file_is_taken_and_changes_nothing_also_with_every_option_in_force() {
    let default = hubwire(&["config", "default"]).stdout;
    let in_force: String = default
        .lines()
        .map(|line| match line.strip_prefix("# ").filter(|rest| rest.contains(" = ") && !rest.ends_with('.')) {
            Some(option) => format!("{option}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let plain = hubwire(&["--json", "check-config"]).document();
    let options = plain["options"].as_array().unwrap();
    for text in [&default, &in_force] {
        let (_directory, path) = file(text);
        let run = hubwire(&["--json", "check-config", "--config", path.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        for (found, expected) in run.document()["options"].as_array().unwrap().iter().zip(options) {
            assert_eq!((&found["option"], &found["value"]), (&expected["option"], &expected["value"]));
            let is_from_file = found["origin"].as_str().unwrap().contains("hubwire.toml:");
            assert_eq!(is_from_file, *text == in_force, "{found}");
        }
    }
}

#[test]
fn pages_are_printed_for_people_and_declarations_for_scripts() {
    assert!(hubwire(&["config", "reference"]).stdout.starts_with("# Configuration"));
    let declared = hubwire(&["--json", "config", "default"]).document();
    let ping =
        declared["options"].as_array().unwrap().iter().find(|o| o["option"] == "socket.ping_interval_ms").unwrap();
    assert_eq!((&ping["default"], &ping["secret"]), (&json!("25000"), &json!(false)));
}

#[test]
fn variables_of_the_client_commands_are_no_options() {
    let variables = [
        ("HUBWIRE_URL", "ws://127.0.0.1:1/ws"),
        ("HUBWIRE_TOKEN", "t"),
        ("HUBWIRE_API", "http://127.0.0.1:1"),
        ("HUBWIRE_API_KEY", "k"),
    ];
    let run = hubwire_in(&["check-config"], &variables);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn the_environment_may_name_the_file() {
    let (_directory, path) = file("[node]\nlabel = \"named\"\n");
    let run = hubwire_in(&["check-config"], &[("HUBWIRE_CONFIG", path.to_str().unwrap())]);
    assert!(run.stdout.contains("node.label = \"named\""), "{}{}", run.stdout, run.stderr);
    let missing = hubwire(&["check-config", "--config", "/nowhere/hubwire.toml"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("/nowhere/hubwire.toml"), "{}", missing.stderr);
}

#[test]
fn a_configuration_no_node_starts_with_is_not_called_valid() {
    let development = [("HUBWIRE_AUTH_DEV", "true"), ("HUBWIRE_LISTEN_INTERNAL", "0.0.0.0:8081")];
    let everywhere = hubwire_in(&["check-config"], &development);
    assert!(everywhere.code != 0 && everywhere.stderr.contains("loopback only"), "{}", everywhere.stderr);
    let foreign = hubwire_in(&["check-config"], &[("HUBWIRE_BROKER_URL", "amqp://127.0.0.1")]);
    assert!(foreign.code != 0 && foreign.stderr.contains("broker.url"), "{}", foreign.stderr);
    let no_secret = hubwire(&["check-config"]);
    assert!(no_secret.stderr.contains("`serve` needs auth.jwt_secrets"), "{}", no_secret.stderr);
}

#[test]
fn what_check_centrifugo_prints_is_a_configuration_that_a_node_takes() {
    const SECRET: &str = "a secret of at least thirty-two bytes";
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let json = json!({
        "client": { "token": { "hmac_secret_key": SECRET }, "allowed_origins": ["https://a.example.org"] },
        "channel": { "namespaces": [{ "name": "chat", "allow_subscribe_for_client": true }] },
    });
    let yaml = format!(
        "client:\n  token:\n    hmac_secret_key: {SECRET}\n  allowed_origins: https://a.example.org\nchannel:\n  \
         namespaces:\n    - name: chat\n      allow_subscribe_for_client: true\n"
    );
    let toml = format!(
        "[client]\nallowed_origins = [\"https://a.example.org\"]\n[client.token]\nhmac_secret_key = \"{SECRET}\"\n\
         [[channel.namespaces]]\nname = \"chat\"\nallow_subscribe_for_client = true\n"
    );
    let mut printed = Vec::new();
    for (name, text) in [("c.json", json.to_string()), ("c.yaml", yaml), ("c.toml", toml)] {
        std::fs::write(path(name), text).unwrap();
        let run = hubwire(&["check-centrifugo", "--org", "acme", &path(name)]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        assert!(run.stderr.contains("client.token.hmac_secret_key: auth.jwt_secrets"), "{}", run.stderr);
        printed.push(run.stdout);
    }
    assert!(printed.iter().all(|text| *text == printed[0]), "{printed:#?}");
    std::fs::write(path("hubwire.toml"), &printed[0]).unwrap();
    let checked = hubwire(&["--json", "check-config", "--config", &path("hubwire.toml")]).document();
    let options = checked["options"].as_array().unwrap();
    let namespaces = options.iter().find(|option| option["option"] == "centrifuge.namespaces").unwrap();
    assert_eq!(namespaces["value"], r#"["chat acme subscribe"]"#);

    // an option without an equivalent, or that a node would not start with, is an error that names it
    let weak = json!({ "client": { "token": { "hmac_secret_key": "short" }, "insecure": true } });
    std::fs::write(path("weak.json"), weak.to_string()).unwrap();
    let run = hubwire(&["--json", "check-centrifugo", &path("weak.json")]);
    let document = run.document();
    assert_eq!((run.code, &document["ok"]), (1, &json!(false)));
    assert!(document["mistakes"][0].as_str().unwrap().contains("auth.jwt_secrets has 5 bytes"), "{document}");
    let insecure = document["options"].as_array().unwrap().iter().find(|it| it["option"] == "client.insecure");
    assert_eq!(insecure.unwrap()["verdict"], "none");
    let old = json!({ "token_hmac_secret_key": SECRET });
    std::fs::write(path("old.json"), old.to_string()).unwrap();
    let run = hubwire(&["check-centrifugo", &path("old.json")]);
    assert!(run.code == 1 && run.stderr.contains("Centrifugo 5 or older"), "{}", run.stderr);
    assert_eq!(hubwire(&["check-centrifugo", &path("nothing.ini")]).code, 1);
    // variables take precedence over the file, which may be absent
    let secret = [("CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY", SECRET)];
    assert_eq!(hubwire_in(&["check-centrifugo", &path("weak.json")], &secret).code, 1, "insecure");
    let above = [secret[0], ("CENTRIFUGO_CLIENT_INSECURE", "false"), ("CENTRIFUGO_HTTP_SERVER_PORT", "9000")];
    let run = hubwire_in(&["check-centrifugo", &path("weak.json")], &above);
    assert!(run.code == 0 && run.stdout.contains("0.0.0.0:9000"), "{}{}", run.stdout, run.stderr);
    let run = hubwire_in(&["check-centrifugo"], &secret);
    assert!(run.code == 0 && run.stdout.contains(SECRET), "{}{}", run.stdout, run.stderr);
    let run = hubwire_in(&["check-centrifugo"], &[secret[0], ("CENTRIFUGO_API_KEY", "of version 5")]);
    assert!(run.code == 1 && run.stderr.contains("CENTRIFUGO_API_KEY: no option"), "{}", run.stderr);
    assert_eq!(hubwire(&["check-centrifugo"]).code, 2);
}
