//! What every command has in common: exit codes, what goes where, and that nothing is coloured for a pipe.

mod cli_support;

use cli_support::{hubwire, hubwire_in, server};

#[test]
fn wrong_usage_is_2_and_says_what_to_do() {
    for (arguments, part) in [
        (&["serv"][..], "similar subcommand exists: 'serve'"),
        (&["pub", "acme", "x"], "address must start with org:, team:, ch:, user: or session:"),
        (&["pub", "org:acme", "x", "{oops"], "not JSON"),
        (&["send", "a b", "hi"], "has the character ' '"),
        (&["sub", "--join", "org:acme"], "only ch: addresses can be joined"),
        (&["sub", "--count", "0"], "0 is not in 1.."),
        (&["sub", "--url", "http://127.0.0.1:8080"], "did you mean ws://127.0.0.1:8080?"),
        (&["bench", "direct", "--url", "127.0.0.1:8080"], "did you mean ws://127.0.0.1:8080?"),
        (&["sub", "--orgs", "acme"], "--user <USER>"),
        (&["token", "mint", "--user", "u1", "--org", "acme/a b", "--dev"], "the team \"a b\""),
        (&["token", "mint", "--user", "u1"], "--secret-file"),
        (&["who", "u1", "--api", "ftp://127.0.0.1:1"], "http://"),
        (&["serve", "--echo-path", "echo"], "use /echo"),
        (&["serve", "--dev", "--listen-public", "0.0.0.0:0"], "use 127.0.0.1:0"),
    ] {
        let run = hubwire(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_script_gets_every_failure_as_one_document() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none").to_str().unwrap().to_owned();
    for (arguments, exit, code) in [
        (&["serv"][..], 2, "usage"),
        (&["sub", "--count", "0"], 2, "usage"),
        (&["sub", "--join", "org:acme"], 2, "usage"),
        (&["serve", "--dev", "--listen-public", "0.0.0.0:0"], 2, "usage"),
        (&["who", "u1", "--api", "http://127.0.0.1:1"], 1, "connection"),
        (&["sub", "--url", "ws://127.0.0.1:1"], 1, "connection"),
        (&["bench", "direct", "--url", "ws://127.0.0.1:1"], 2, "connection"),
        (&["token", "inspect", "x", "--dev"], 1, "token"),
        (&["check-config", "--socket-outbox-bytes", "x"], 1, "config"),
        (&["serve", "--node-workers", "x"], 1, "config"),
        (&["bench", "direct", "--tokens", &missing], 1, "file"),
    ] {
        let run = hubwire(&[&["--json"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (exit, ""), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{arguments:?}: {}", run.stderr);
        let error = serde_json::from_str::<serde_json::Value>(&run.stderr).unwrap()["error"].clone();
        assert_eq!(error["code"], code, "{arguments:?}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{arguments:?}");
    }
    assert!(hubwire(&["--json", "--help"]).stdout.contains("Usage: hubwire"));
}

/// Each command with arguments that let it fail in its own code, not only at the parser.
const FAILING: &[&[&str]] = &[
    &["serve", "--node-workers", "x"],
    &["wshub", "--config", "/nowhere"],
    &["sub", "--url", "ws://127.0.0.1:1"],
    &["history", "org:acme", "--url", "ws://127.0.0.1:1"],
    &["pub", "org:acme", "x", "--url", "ws://127.0.0.1:1"],
    &["send", "u1", "hi", "--url", "ws://127.0.0.1:1"],
    &["who", "u1", "--api", "http://127.0.0.1:1"],
    &["nodes", "--api", "http://127.0.0.1:1"],
    &["top", "--api", "http://127.0.0.1:1"],
    &["tail", "--api", "http://127.0.0.1:1"],
    &["trace", "org:acme", "1-1", "--api", "http://127.0.0.1:1"],
    &["drain", "n1", "--api", "http://127.0.0.1:1"],
    &["sessions", "u1", "--api", "http://127.0.0.1:1"],
    &["channels", "--api", "http://127.0.0.1:1"],
    &["presence", "ch:acme/a", "--api", "http://127.0.0.1:1"],
    &["disconnect", "u1", "--api", "http://127.0.0.1:1"],
    &["block", "u1", "--seconds", "1", "--api", "http://127.0.0.1:1"],
    &["unblock", "u1", "--api", "http://127.0.0.1:1"],
    &["revoke", "--user", "u1", "--issued-before", "1", "--api", "http://127.0.0.1:1"],
    &["blocks", "--api", "http://127.0.0.1:1"],
    &["audit", "--api", "http://127.0.0.1:1"],
    &["events", "dead", "--api", "http://127.0.0.1:1"],
    &["token", "inspect", "x", "--dev"],
    &["api-key", "--name", "a b", "--scopes", "read"],
    &["ticket", "--user", "u1", "--api", "http://127.0.0.1:1"],
    &["bench", "direct", "--url", "ws://127.0.0.1:1"],
    &["verify", "--drain", "n1", "--api", "http://127.0.0.1:1"],
    &["man", "/dev/null/here"],
    &["doctor", "--api", "http://127.0.0.1:1"],
    &["completions", "a shell nobody has"],
    &["check-centrifugo", "/nowhere.json"],
    &["check-config", "--socket-outbox-bytes", "x"],
    &["config", "something"],
];

#[test]
fn every_command_tells_scripts_its_failures() {
    let help = hubwire(&["--help"]).stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let named: Vec<&str> =
        commands.filter_map(|line| line.split_whitespace().next()).filter(|it| *it != "help").collect();
    assert!(named.len() > 20, "{help}");
    for name in named {
        assert!(FAILING.iter().any(|arguments| arguments[0] == name), "how does `{name}` fail? add it");
    }
    for arguments in FAILING {
        let run = hubwire(&[&["--json"], *arguments].concat());
        assert_ne!(run.code, 0, "{arguments:?}");
        let error = serde_json::from_str::<serde_json::Value>(&run.stderr)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", run.stderr));
        assert!(error["error"]["code"].is_string() && error["error"]["message"].is_string(), "{arguments:?}: {error}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let written = hubwire(&["--json", "man", directory.path().to_str().unwrap()]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    for page in ["hubwire.1", "hubwire-serve.1", "hubwire-token-mint.1", "hubwire-doctor.1"] {
        let text = std::fs::read_to_string(directory.path().join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH OPTIONS"), "{page}");
    }
}

#[test]
fn nobody_there_is_1_and_says_where_it_was_looked() {
    for arguments in [
        &["sub", "--url", "ws://127.0.0.1:1/ws"][..],
        &["send", "u2", "hi", "--url", "ws://127.0.0.1:1/ws"],
        &["pub", "org:acme", "x", "--api", "http://127.0.0.1:1"],
        &["who", "u1", "--api", "http://127.0.0.1:1"],
        &["ticket", "--user", "u1", "--api", "http://127.0.0.1:1"],
    ] {
        let run = hubwire(arguments);
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("127.0.0.1:1") && run.stderr.contains("is "), "{}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_0() {
    for arguments in [&["--help"][..], &["help", "sub"], &["serve", "--help"]] {
        let run = hubwire(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(run.stdout.contains("Usage: hubwire"));
    }
    assert_eq!(hubwire(&["--version"]).stdout, format!("hubwire {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn serve_has_a_flag_for_every_option_and_the_short_help_stays_short() {
    let help = hubwire(&["serve", "--help"]).stdout;
    let reference = hubwire(&["--json", "config", "reference"]).document();
    for option in reference["options"].as_array().unwrap() {
        let flag = option["flag"].as_str().unwrap();
        assert!(help.contains(&format!("{flag} <VALUE>")), "{flag}");
    }
    assert!(hubwire(&["serve", "-h"]).stdout.lines().count() < 20);
}

#[test]
fn a_pipe_gets_no_colour() {
    for arguments in [&["--help"][..], &["check-config"], &["who", "u1", "--api", "http://127.0.0.1:1"]] {
        let run = hubwire_in(arguments, &[("TERM", "xterm-256color")]);
        assert!(!run.stdout.contains('\x1b') && !run.stderr.contains('\x1b'), "{arguments:?}");
    }
}

#[test]
fn secrets_in_the_environment_do_not_show_in_help() {
    let variables = [("HUBWIRE_TOKEN", "s3cret"), ("HUBWIRE_API_KEY", "s3cret")];
    for command in ["sub", "pub", "send", "who", "ticket"] {
        assert!(!hubwire_in(&[command, "--help"], &variables).stdout.contains("s3cret"), "{command}");
    }
}

// Tickets are random, and one in 64 begins so.
#[test]
fn a_ticket_may_begin_with_a_hyphen() {
    let (url, node) = server::socket(|mut peer| async move {
        let auth = peer.receive().await.unwrap();
        peer.welcome().await;
        auth
    });
    let run = hubwire(&["sub", "--url", &url, "--ticket", "-z1", "--timeout-ms", "300"]);
    assert!(!run.stderr.contains("unexpected argument"), "{}", run.stderr);
    assert_eq!(node.join().unwrap()["payload"]["ticket"], "-z1");
}
