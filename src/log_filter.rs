//! The filter of log lines as an option.

/// Whether a text is a filter: levels, for all or by module. The logger would take an unknown word for a module at full
/// level, so a misspelt level would silence the node.
pub fn is_filter(text: &str) -> bool {
    let is_level = |level: &str| level.parse::<log::LevelFilter>().is_ok();
    let is_module = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '-')
    };
    text.split(',').map(str::trim).all(|part| match part.split_once('=') {
        Some((module, level)) => is_module(module.trim()) && is_level(level.trim()),
        None => is_level(part),
    })
}

#[cfg(test)]
mod tests {
    use super::is_filter;

    #[test]
    fn a_word_that_is_no_level_is_no_filter() {
        for filter in ["info", "OFF", "info,hubwire_actors=debug", "warn, hubwire::ws=trace", "hubwire=debug"] {
            assert!(is_filter(filter), "{filter}");
        }
        for other in ["", "verbose", "info,", "hubwire", "hubwire=verbose", "=info", "info/regex", "a=b=c", "in fo"] {
            assert!(!is_filter(other), "{other}");
        }
    }
}
