//! Log lines on standard error: text for people, or one JSON object per line. No content of a line can start another
//! line.

mod fields;

use crate::config::sections::LogFormat;
use crate::printable::printable_line;
use arc_swap::ArcSwap;
use env_logger::fmt::Formatter;
use env_logger::{Builder, Logger};
use log::{Log, Metadata, Record};
use serde_json::{json, Map, Value};
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

/// The logger of this process; a reload of the configuration replaces its filter.
static LOGGER: OnceLock<Replaceable> = OnceLock::new();

/// The label of this node, for each JSON line.
static NODE: OnceLock<String> = OnceLock::new();

struct Replaceable {
    logger: ArcSwap<Logger>,
    format: LogFormat,
}

impl Log for Replaceable {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.logger.load().enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.logger.load().log(record);
    }

    fn flush(&self) {
        self.logger.load().flush();
    }
}

/// Starts logging with a filter: a level, or levels by module (`info,hubwire_actors=debug`). `node` is the label of the
/// process.
///
/// Called once; a second call changes nothing.
pub fn init(filter: &str, format: LogFormat, node: &str) {
    let _ = NODE.set(node.to_owned());
    let logger = logger(filter, format);
    let level = logger.filter();
    let replaceable = LOGGER.get_or_init(|| Replaceable { logger: ArcSwap::from_pointee(logger), format });
    // fails only if there is a logger already, as in tests
    if log::set_logger(replaceable).is_ok() {
        log::set_max_level(level);
    }
}

/// Replaces the filter.
pub fn set_filter(filter: &str) {
    if let Some(replaceable) = LOGGER.get() {
        let logger = logger(filter, replaceable.format);
        let level = logger.filter();
        replaceable.logger.store(Arc::new(logger));
        log::set_max_level(level);
    }
}

fn logger(filter: &str, format: LogFormat) -> Logger {
    let mut builder = Builder::new();
    // the HTTP library logs each worker that it starts; a filter that names it takes precedence
    builder.filter_module("actix_server", log::LevelFilter::Warn);
    // it also logs each request that is not HTTP at ERROR: anybody who reaches the port could fill the disk
    builder.filter_module("actix_http", log::LevelFilter::Off);
    builder.parse_filters(filter);
    match format {
        LogFormat::Text => builder.format(text),
        LogFormat::Json => builder.format(json),
    };
    builder.build()
}

fn text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (time, style) = (out.timestamp_millis(), out.default_level_style(record.level()));
    let message = printable_line(&record.args().to_string());
    writeln!(out, "{time} {style}{:<5}{style:#} {} {message}", record.level(), record.target())
}

/// Fields of every line; another field with such a name is renamed.
const ALWAYS: [&str; 5] = ["ts", "level", "target", "node", "message"];

fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let line = object(&record.args().to_string(), NODE.get().map_or("", String::as_str));
    let time = [("ts", json!(out.timestamp_millis().to_string())), ("level", json!(record.level().as_str()))];
    let origin = [("target", json!(record.target()))];
    let head = time.into_iter().chain(origin).map(|(key, value)| (key.to_owned(), value));
    serde_json::to_writer(&mut *out, &Value::Object(head.chain(line).collect()))?;
    out.write_all(b"\n")
}

/// The node, the message and the fields of a line.
fn object(text: &str, node: &str) -> Map<String, Value> {
    let (message, fields) = fields::split(text);
    let mut line = Map::new();
    line.insert("node".into(), json!(node));
    line.insert("message".into(), json!(printable_line(message)));
    for (key, value) in fields {
        let name = if ALWAYS.contains(&key) { format!("{key}_") } else { key.to_owned() };
        let number = value.parse::<i64>().ok().filter(|_| fields::is_number(key));
        line.insert(name, number.map_or_else(|| json!(printable_line(&value)), |number| json!(number)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::object;
    use serde_json::{json, Value};

    #[test]
    fn a_line_for_machines_has_its_fields_and_nothing_overrides_what_stands_in_each() {
        let line = object("session closed session=s1 code=4000 lasted_ms=12 user=42", "n1");
        let expected = json!({
            "node": "n1", "message": "session closed", "session": "s1", "code": 4000, "lasted_ms": 12, "user": "42",
        });
        assert_eq!(Value::Object(line), expected);
        let forged = object("refused level=ERROR message=x\u{1b}[2J node=n9", "n1");
        let expected = json!({
            "node": "n1", "message": "refused", "level_": "ERROR", "message_": "x\\u{1b}[2J", "node_": "n9",
        });
        assert_eq!(Value::Object(forged), expected);
    }
}
