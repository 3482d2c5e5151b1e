//! Runs the real program, with nothing of this process's environment that could change what it does.

#![allow(dead_code)] // each test file uses a part

pub mod server;

use serde_json::Value;
use std::process::{Command, Output};

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The one JSON document on standard output; anything else there is a failure.
    pub fn document(&self) -> Value {
        let documents = self.documents();
        assert_eq!(documents.len(), 1, "{}", self.stdout);
        documents[0].clone()
    }

    /// The JSON documents on standard output, one per line; anything else there is a failure.
    pub fn documents(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// Runs the program with arguments.
pub fn hubwire(arguments: &[&str]) -> Run {
    hubwire_in(arguments, &[])
}

/// Runs the program with arguments and environment variables.
pub fn hubwire_in(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubwire"));
    let Output { status, stdout, stderr } =
        command.args(arguments).env_clear().envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
}
