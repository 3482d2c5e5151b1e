//! Everything Redis is asked, in order, by its `MONITOR` command.

use super::eventually::DEADLINE;
use super::redis_server::{RedisServer, Stream};
use std::io::{BufRead, BufReader};

/// A connection that listens in.
pub struct Monitor {
    lines: BufReader<Box<dyn Stream>>,
    control: redis::Connection,
    fences: u32,
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// `lua` when a script called it, else the address of the client.
    pub client: String,
    /// Its name in lower case.
    pub name: String,
    /// Its arguments as Redis prints them: `"…"` with escapes, separated by spaces.
    pub arguments: String,
}

impl Command {
    /// Whether a client ran a script.
    pub fn runs_script(&self) -> bool {
        self.client != "lua" && matches!(&*self.name, "eval" | "evalsha" | "fcall")
    }

    /// Whether it publishes, by a script or not.
    pub fn publishes(&self) -> bool {
        matches!(&*self.name, "publish" | "spublish")
    }

    /// Whether it begins or ends a subscription.
    pub fn subscribes(&self) -> bool {
        self.name.ends_with("subscribe")
    }

    /// The first argument.
    pub fn first(&self) -> &str {
        self.arguments.split("\" \"").next().unwrap_or_default().trim_matches('"')
    }
}

impl Monitor {
    /// Listens from now on.
    pub fn start(redis: &RedisServer) -> Monitor {
        let mut stream = redis.stream(DEADLINE);
        stream.write_all(b"MONITOR\r\n").unwrap();
        let mut lines = BufReader::new(stream);
        let mut confirmed = String::new();
        lines.read_line(&mut confirmed).unwrap();
        assert_eq!(confirmed, "+OK\r\n");
        Monitor { lines, control: redis.connection(), fences: 0 }
    }

    /// What was asked since the last call: a marker of its own comes after it.
    pub fn commands(&mut self) -> Vec<Command> {
        self.fences += 1;
        let fence = format!("monitor-fence-{}", self.fences);
        let _: String = redis::cmd("ECHO").arg(&fence).query(&mut self.control).unwrap();
        let mut commands = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "redis-server closed the connection");
            let command = parse(line.trim_end());
            if command.arguments.contains(&fence) {
                return commands;
            }
            commands.push(command);
        }
    }
}

/// `+1700000000.123456 [0 127.0.0.1:40000] "publish" "topic" "bytes"`
fn parse(line: &str) -> Command {
    let parts = line.split_once(" [").and_then(|(_, rest)| rest.split_once("] \""));
    let (client, words) = parts.unwrap_or_else(|| panic!("not a line of MONITOR: {line:?}"));
    let (name, arguments) = words.split_once('"').unwrap_or_else(|| panic!("not a line of MONITOR: {line:?}"));
    let client = client.split_once(' ').map_or(client, |(_, client)| client);
    Command { client: client.into(), name: name.to_lowercase(), arguments: arguments.trim_start().into() }
}

#[test]
fn a_line_of_monitor_is_taken_apart() {
    let command = parse(r#"+1700000000.1 [0 lua] "PUBLISH" "t{a}" "say \"hi\"""#);
    let expected = Command { client: "lua".into(), name: "publish".into(), arguments: r#""t{a}" "say \"hi\"""#.into() };
    assert_eq!(command, expected);
    assert_eq!((command.publishes(), command.first()), (true, "t{a}"));
}
