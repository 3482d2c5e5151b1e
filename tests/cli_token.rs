//! `token mint` and `token inspect` against each other.

mod cli_support;

use cli_support::{hubwire, hubwire_in, Run};
use serde_json::json;

const SECRET: &str = "a secret of at least thirty-two bytes";

fn mint(arguments: &[&str]) -> String {
    let run = hubwire(&[&["token", "mint", "--user", "u1"], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout.trim_end().to_owned()
}

fn inspect(token: &str, arguments: &[&str]) -> Run {
    hubwire(&[&["--json", "token", "inspect", token], arguments].concat())
}

#[test]
fn a_minted_token_is_valid_and_says_what_was_asked() {
    let token = mint(&["--org", "acme:admin+owner/ops", "--org", "beta", "--ttl-s", "60", "--secret", SECRET]);
    let run = inspect(&token, &["--secret", SECRET]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let document = run.document();
    assert_eq!((&document["valid"], &document["reason"]), (&json!(true), &json!(null)));
    assert_eq!(document["claims"]["sub"], "u1");
    let acme = json!({ "roles": ["admin", "owner"], "teams": ["ops"] });
    assert_eq!(document["claims"]["orgs"], json!({ "acme": acme, "beta": { "roles": [], "teams": [] } }));
    assert_eq!(document["header"]["alg"], "HS256");
}

#[test]
fn a_token_that_a_node_would_refuse_is_1_with_the_reason() {
    let token = mint(&["--secret", SECRET]);
    let expired = hubwire(&["token", "mint", "--user", "u1", "--ttl-s", "0", "--secret", SECRET]).stdout;
    let no_leeway = [("HUBWIRE_AUTH_JWT_LEEWAY_S", "0")];
    let late = hubwire_in(&["--json", "token", "inspect", expired.trim_end(), "--secret", SECRET], &no_leeway);
    for (run, reason) in [
        (inspect(&token, &["--secret", "another secret"]), "the signature of the token is wrong"),
        (
            inspect(&token, &[]),
            "this node accepts no tokens: auth.jwt_secrets, auth.jwt_keys and auth.jwks_url are empty",
        ),
        (late, "the token expired at"),
    ] {
        assert_eq!(run.code, 1);
        let document = run.document();
        assert_eq!(document["valid"], false);
        assert!(document["reason"].as_str().unwrap().contains(reason), "{document}");
        assert_eq!(document["claims"]["sub"], "u1", "what it says is shown all the same");
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
}

#[test]
fn what_is_no_token_is_1_and_says_why() {
    for (text, reason) in [
        ("non*sense", "not base64url"),
        ("nonsense", "not JSON"),
        ("eyJhIjoxfQ", "three parts"),
        ("eyJhIjoxfQ.eyJhIjoxfQ", "three parts"),
        ("YQ.YQ.YQ", "not JSON"),
    ] {
        let run = inspect(text, &["--secret", SECRET]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{text}");
        assert!(run.stderr.contains(reason), "{text}: {}", run.stderr);
    }
}

#[test]
fn secrets_come_from_a_file_or_a_configuration_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("secrets"), format!("{SECRET}\nan older secret\n")).unwrap();
    std::fs::write(path("node.toml"), format!("[auth]\njwt_secrets = [\"{SECRET}\"]\njwt_issuer = \"us\"\n")).unwrap();
    std::fs::write(path("empty"), "\n").unwrap();

    let by_file = mint(&["--secret-file", &path("secrets")]);
    assert_eq!(inspect(&by_file, &["--secret", SECRET]).code, 0);
    let by_config = mint(&["--config", &path("node.toml")]);
    assert_eq!(inspect(&by_config, &["--config", &path("node.toml")]).code, 0);
    let foreign = inspect(&by_file, &["--config", &path("node.toml")]);
    assert!(foreign.stderr.contains("issuer"), "the configuration's rules count: {}", foreign.stderr);
    let empty = hubwire(&["token", "mint", "--user", "u1", "--secret-file", &path("empty")]);
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("contains no secret"), "{}", empty.stderr);
}

#[test]
fn a_development_token_is_of_the_development_secret() {
    assert_eq!(inspect(&mint(&["--dev"]), &["--dev"]).code, 0);
    assert_eq!(inspect(&mint(&["--dev"]), &["--secret", "dev"]).code, 0);
}

#[test]
fn the_token_alone_is_printed_so_that_it_can_be_used_in_a_command() {
    let token = mint(&["--dev"]);
    assert_eq!(token.split('.').count(), 3);
    assert!(!token.contains(char::is_whitespace));
}
