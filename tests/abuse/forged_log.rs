//! Client input cannot forge a log line: every line begins with the node's own prefix.

use crate::frames::{close, text};
use crate::raw::{request, Raw};
use crate::support::{Client, Codec, Login, Node};
use crate::victim::assert_served;

const FORGED: &str = "2026-01-01T00:00:00.000Z ERROR hubwire forged";

async fn output_after_attack(format: &str) -> String {
    let arguments = ["--dev", "--log-level", "trace", "--log-format", format];
    let mut node = Node::spawn_with("victim", None, crate::support::ports::free(), &arguments);
    node.ready().await;
    let address = ([127, 0, 0, 1], node.public_port()).into();
    let encoded = FORGED.replace(' ', "%20");
    for path in [
        format!("/ws?user=u%0a{encoded}"),
        format!("/ws?user=u1&device=d%0d%0a{encoded}"),
        format!("/ws?user=u1&orgs=acme%0a{encoded}"),
        format!("/ws%0a{encoded}"),
        format!("/ws?ticket=%0a{encoded}"),
        format!("/ws?user=u1&unknown=%0a{encoded}"),
    ] {
        let mut raw = Raw::connect(address);
        raw.send(request(&path, &["Origin: http://a\u{85}b", "X-Forwarded-For: \u{2028}forged"]).as_bytes());
        let _ = raw.response_head();
    }
    let mut raw = Raw::open(address, "/ws?user=u1&orgs=acme");
    for wrong in ["\\n", "\\r", "\\u001b[2K", "\\u0085", "\\u2028", "\\u202e"] {
        for frame in [
            format!(r#"{{"type":"{wrong}{FORGED}","meta":{{"hub":{{"to":"user:u2","id":"{wrong}forged"}}}}}}"#),
            format!(r#"{{"type":"x","meta":{{"hub":{{"to":"user:{wrong}{FORGED}"}}}}}}"#),
            format!(r#"{{"type":"@@hub/auth","payload":{{"token":"{wrong}{FORGED}"}}}}"#),
            format!(r#"{{"type":"@@hub/{wrong}{FORGED}"}}"#),
        ] {
            raw.send(&text(frame));
        }
    }
    raw.send(&close(4000, format!("\n{FORGED}")));
    while let Ok(Some(_)) = raw.read_frame() {}
    let login = Login::user("healthy");
    assert_served(&mut Client::connect(&node.url(), Codec::Json, &login).await).await;
    node.process.output()
}

#[tokio::test]
async fn no_line_of_the_text_log_is_a_clients() {
    let output = output_after_attack("text").await;
    // what the development mode prints for people stands before the log begins
    let lines: Vec<&str> = output.lines().skip_while(|line| !line.contains(" hubwire")).collect();
    for line in output.split(['\n', '\r', '\u{85}', '\u{2028}']) {
        assert!(!line.trim_start().starts_with("2026-01-01T00:00:00.000Z"), "forged: {line}");
    }
    assert!(!output.contains(['\x1b', '\u{202e}']), "a control character of a client's");
    assert!(lines.len() > 5, "{output}");
}

#[tokio::test]
async fn every_line_of_the_json_log_is_one_object_of_the_nodes() {
    let output = output_after_attack("json").await;
    let lines: Vec<&str> = output.lines().filter(|line| line.starts_with('{')).collect();
    for line in &lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["ts"].is_string() && line["target"].is_string(), "{line}");
    }
    assert!(!output.lines().any(|line| line.starts_with("2026-01-01")), "{output}");
    assert!(lines.len() > 5, "{output}");
}
