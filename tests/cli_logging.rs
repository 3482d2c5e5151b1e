//! What a running node writes to standard error, in both formats.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A node that is ended with the test.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended by itself
        let _ = self.0.wait();
    }
}

/// The first line a node logs once it is up.
fn first_line(format: &str) -> String {
    let child = Command::new(env!("CARGO_BIN_EXE_hubwire"))
        .args(["serve", "--listen-public", "127.0.0.1:0", "--listen-internal", "127.0.0.1:0", "--node-label", "n1"])
        .args(["--log-format", format, "--log-level", "off,hubwire=info"])
        .env_clear()
        .env("HUBWIRE_AUTH_JWT_SECRETS", "a secret of at least thirty-two bytes")
        .stderr(Stdio::piped())
        .spawn();
    let mut node = Node(child.unwrap());
    let mut line = String::new();
    BufReader::new(node.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    line
}

#[test]
fn a_json_log_is_one_object_per_line() {
    let line: Value = serde_json::from_str(&first_line("json")).unwrap();
    assert_eq!(line["level"], "INFO");
    assert!(line["target"].as_str().unwrap().starts_with("hubwire"), "{line}");
    assert!(line["message"].as_str().unwrap().contains("node n1 is up"), "{line}");
    assert!(line["ts"].as_str().unwrap().ends_with('Z'), "{line}");
    // what the text has as key=value are fields
    assert_eq!((&line["node"], &line["message"]), (&"n1".into(), &"node n1 is up".into()));
    assert_eq!((&line["public"], &line["internal"]), (&"127.0.0.1:0".into(), &"127.0.0.1:0".into()));
}

#[test]
fn a_text_log_has_time_level_and_place_before_the_message_and_no_colour_for_a_pipe() {
    let line = first_line("text");
    let parts: Vec<&str> = line.split_whitespace().collect();
    assert!(parts[0].ends_with('Z') && parts[1] == "INFO" && parts[2].starts_with("hubwire"), "{line:?}");
    assert!(line.contains("node n1 is up") && !line.contains('\x1b'), "{line:?}");
}
