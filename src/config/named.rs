//! Finds options by the names of environment variables, flags and keys; suggests the nearest one for a wrong name.

use super::error::ConfigError;
use super::option::{Naming, OptionSpec, VARIABLE_PREFIX};
use super::raw::Raw;
use super::resolver::{Given, Origin, Resolver};
use super::sections::options;
use super::SECTIONS;

/// Variables with our prefix that are not options: the path of the configuration file, and arguments of this program's
/// client commands.
const RESERVED: &[&str] = &[
    "HUBWIRE_CONFIG",
    "HUBWIRE_URL",
    "HUBWIRE_TOKEN",
    "HUBWIRE_API",
    "HUBWIRE_API_KEY",
    "HUBWIRE_API_CA",
    "HUBWIRE_API_CERTIFICATE",
];

impl Resolver {
    /// Takes the variables with our prefix; others are ignored.
    pub fn take_variables(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, value) in variables {
            if name.starts_with(VARIABLE_PREFIX)
                && !RESERVED.contains(&name.as_str())
                && !is_service_link(&name, &value)
            {
                self.take(Naming::Variable, &name, Raw::Untyped(value), Origin::Variable { name: name.clone() });
            }
        }
    }

    /// Takes flags by name, with or without the leading dashes.
    pub fn take_flags(&mut self, flags: &[(String, String)]) {
        for (name, value) in flags {
            let bare = name.trim_start_matches('-');
            self.take(Naming::Flag, bare, Raw::Untyped(value.clone()), Origin::Flag { name: format!("--{bare}") });
        }
    }

    /// Takes a value for the option that a source calls `name`, or records an error with the nearest name.
    pub fn take(&mut self, naming: Naming, name: &str, raw: Raw, origin: Origin) {
        match find(naming, name) {
            Some((spec, in_file)) => self.given.push(Given { spec, in_file, raw, origin }),
            None => {
                let nearest = nearest(naming, name);
                self.errors.push(ConfigError::Unknown { origin, name: name.to_string(), nearest });
            }
        }
    }
}

/// Kubernetes sets `HUBWIRE_SERVICE_HOST`, `HUBWIRE_PORT_8080_TCP_ADDR` and similar variables in every pod of a
/// namespace that has a Service called `hubwire` (or `hubwire-internal`): they must not prevent a node from starting.
fn is_service_link(name: &str, value: &str) -> bool {
    let number_after = |infix: &str| {
        name.split_once(infix).is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || number_after("_PORT_")
        || (name.ends_with("_PORT") && value.contains("://"))
}

/// All names in a source, each with its option and whether its value is the path of a file.
fn names(naming: Naming) -> impl Iterator<Item = (String, &'static OptionSpec, bool)> {
    options().flat_map(move |spec| {
        let value = (naming.name(spec.section, spec.key), spec, false);
        let file = spec.file_key().map(|key| (naming.name(spec.section, &key), spec, true));
        std::iter::once(value).chain(file)
    })
}

fn find(naming: Naming, name: &str) -> Option<(&'static OptionSpec, bool)> {
    names(naming).find(|(candidate, ..)| candidate == name).map(|(_, spec, in_file)| (spec, in_file))
}

/// The name that was probably meant: the option itself if it cannot be given as a file; the section if a section was
/// given a value; the same key in the nearest section; the option with the fewest edits; the nearest section. `None` if
/// nothing is near.
fn nearest(naming: Naming, name: &str) -> Option<String> {
    let without_file = ["_file", "_FILE", "-file"].iter().find_map(|suffix| name.strip_suffix(suffix));
    let known = without_file.filter(|name| find(naming, name).is_some()).map(str::to_owned);
    let candidates = || names(naming).map(|(candidate, ..)| candidate);
    match naming {
        Naming::File => known.or_else(|| nearest_in_file(name)),
        Naming::Variable => known.or_else(|| {
            // the common prefix must not count as similarity
            let bare = |name: &str| name.strip_prefix(VARIABLE_PREFIX).unwrap_or(name).to_owned();
            let nearest = nearest_of(&bare(name), candidates().map(|candidate| bare(&candidate)))?;
            Some(format!("{VARIABLE_PREFIX}{nearest}"))
        }),
        Naming::Flag => known.or_else(|| nearest_of(name, candidates())).map(|nearest| format!("--{nearest}")),
    }
}

fn nearest_in_file(name: &str) -> Option<String> {
    let (section, key) = name.rsplit_once('.').unwrap_or((name, name));
    let sections = || SECTIONS.iter().map(|section| section.name.to_owned());
    if sections().any(|known| known == name) {
        return Some(format!("[{name}]"));
    }
    let same_key = options().filter(|spec| spec.key == key);
    same_key
        .min_by_key(|spec| strsim::damerau_levenshtein(section, spec.section))
        .map(OptionSpec::name)
        .or_else(|| nearest_of(name, names(Naming::File).map(|(candidate, ..)| candidate)))
        .or_else(|| {
            // the section exists, so only the key is wrong, and no key is similar
            nearest_of(section, sections()).filter(|known| known != section).map(|known| format!("[{known}]"))
        })
}

/// The candidate with the fewest edits, if these are few for its length.
fn nearest_of(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, &candidate), candidate))
        .min()
        .filter(|(edits, candidate)| *edits <= 1 + candidate.len() / 6)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_kubernetes_sets_for_services_are_not_options() {
        for (name, value) in [
            ("HUBWIRE_SERVICE_HOST", "10.0.0.1"),
            ("HUBWIRE_SERVICE_PORT", "8080"),
            ("HUBWIRE_SERVICE_PORT_PUBLIC", "8080"),
            ("HUBWIRE_PORT", "tcp://10.0.0.1:8080"),
            ("HUBWIRE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("HUBWIRE_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("HUBWIRE_INTERNAL_SERVICE_HOST", "10.0.0.1"),
            ("HUBWIRE_INTERNAL_PORT_8081_TCP_PROTO", "tcp"),
        ] {
            assert!(is_service_link(name, value), "{name}");
        }
        assert!(!is_service_link("HUBWIRE_LISTEN_PORT", "8080"), "this name is meant as an option");
    }

    #[test]
    fn no_option_looks_like_a_variable_kubernetes_sets() {
        for (name, ..) in names(Naming::Variable) {
            assert!(!is_service_link(&name, "") && !RESERVED.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn no_two_options_share_a_name() {
        for naming in [Naming::File, Naming::Variable, Naming::Flag] {
            let mut seen = std::collections::BTreeSet::new();
            for (name, ..) in names(naming) {
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
    }

    #[test]
    fn nearest_names_are_those_a_reader_would_guess() {
        for (naming, wrong, right) in [
            (Naming::File, "socket.ping_intervall_ms", Some("socket.ping_interval_ms")),
            (Naming::File, "scoket.outbox_bytes", Some("socket.outbox_bytes")),
            (Naming::File, "label", Some("node.label")),
            (Naming::Variable, "HUBWIRE_BROKER_ULR", Some("HUBWIRE_BROKER_URL")),
            (Naming::Flag, "listen-publik", Some("--listen-public")),
            (Naming::File, "completely.unlike_anything_here", None),
            // a section: given a value, misspelt, and misspelt around a key that nobody knows
            (Naming::File, "auth", Some("[auth]")),
            (Naming::File, "auht", Some("[auth]")),
            (Naming::File, "auht.nonsense_of_mine", Some("[auth]")),
            (Naming::File, "auht.dev", Some("auth.dev")),
            (Naming::File, "auth.dve", Some("auth.dev")),
            (Naming::File, "auth.nonsense_of_mine", None),
            (Naming::File, "auto", Some("[auth]")),
            (Naming::File, "anti", None),
            (Naming::Variable, "HUBWIRE_AUTH", None),
            (Naming::Variable, "HUBWIRE_CAT_DEN", None),
            (Naming::Flag, "audit-den", None),
            (Naming::Flag, "node-label-file", Some("--node-label")),
        ] {
            assert_eq!(nearest(naming, wrong).as_deref(), right, "{wrong}");
        }
    }
}
