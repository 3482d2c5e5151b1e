//! The settings of server events for the scripts that write them: a table that the node puts into the source of the
//! scripts, because the settings do not change while it runs. Scripts have no extra cost if events are off.

use super::super::{ServerEventSettings, PARTITIONS};
use super::keys::Keys;
use hubwire_protocol::{AddressPattern, PatternSegment};
use std::fmt::Write as _;

/// The start of the scripts that write events.
pub(super) fn prelude(settings: Option<&ServerEventSettings>, keys: &Keys) -> String {
    let Some(settings) = settings else { return "local EVENTS = false".into() };
    let mut table = String::from("local EVENTS = {\n");
    // writing to a String cannot fail
    let _ = writeln!(table, "  logs = {}, partitions = {PARTITIONS},", text(&keys.events_start()));
    let _ = writeln!(table, "  lost = {}, leases = {},", text(&keys.events_lost()), text(&keys.leases()));
    let _ = writeln!(table, "  waiting_max = {},", settings.waiting_max);
    let subjects: String = settings.subjects.iter().map(|subject| format!("{} = true, ", subject.name())).collect();
    let _ = writeln!(table, "  subjects = {{{subjects}publication = true}},");
    let marked: String = settings.marked.iter().map(|pattern| format!("{}, ", text(&lua_pattern(pattern)))).collect();
    let _ = writeln!(table, "  marked = {{{marked}}},\n}}");
    table + include_str!("scripts/events.lua")
}

/// The start of the scripts that publish on a topic.
pub(super) fn ways(is_cluster: bool, keys: &Keys) -> String {
    let (publish, count) = if is_cluster { ("SPUBLISH", "SHARDNUMSUB") } else { ("PUBLISH", "NUMSUB") };
    let nodes = if is_cluster { "false".into() } else { text(&keys.node_start()) };
    format!("local WAYS = {{publish = '{publish}', count = '{count}', nodes = {nodes}}}")
}

/// A Lua string literal; configured names may contain any byte.
fn text(value: &str) -> String {
    let escaped: String = value.bytes().map(|byte| format!("\\{byte:03}")).collect();
    format!("\"{escaped}\"")
}

/// An address pattern as a Lua pattern.
fn lua_pattern(pattern: &AddressPattern) -> String {
    let escaped = |text: &str| -> String {
        text.chars().flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('%').into_iter().chain([c])).collect()
    };
    let segment = |segment: &PatternSegment| match segment {
        PatternSegment::Literal(text) => escaped(text),
        PatternSegment::Prefix(prefix) => format!("{}[^/]*", escaped(prefix)),
        PatternSegment::Any => "[^/]+".into(),
        PatternSegment::Rest => ".+".into(),
    };
    let segments: Vec<String> = pattern.segments().iter().map(segment).collect();
    format!("^{}:{}$", pattern.scheme(), segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_addresses_become_patterns_of_lua() {
        let lua = |pattern: &str| lua_pattern(&pattern.parse().unwrap());
        assert_eq!(lua("ch:acme/order-*"), "^ch:acme/order%-[^/]*$");
        assert_eq!(lua("ch:*/a.b/**"), "^ch:[^/]+/a%.b/.+$");
        assert_eq!(lua("user:*"), "^user:[^/]+$");
    }

    #[test]
    fn scripts_have_no_events_where_they_are_off() {
        assert_eq!(prelude(None, &Keys::new("x:", 0)), "local EVENTS = false");
    }
}
