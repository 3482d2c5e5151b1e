//! The options there are in Centrifugo, by their names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, or a list of texts.
    Text,
    /// True or false.
    Switch,
    /// A whole number.
    Number,
    /// JSON.
    Json,
    /// Groups of a shape, each with a name.
    Named(&'static str),
    /// Options of a shape.
    Group(&'static str),
    /// Options of which nothing is here.
    Foreign,
}

/// An option of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub name: &'static str,
    pub kind: Kind,
}

/// The shape of the whole configuration.
pub(super) const WHOLE: &str = "";

/// The options of a shape.
pub(super) fn of(shape: &str) -> &'static [Known] {
    static SHAPES: LazyLock<BTreeMap<&str, Vec<Known>>> = LazyLock::new(|| {
        let mut words = BTreeMap::<&str, Vec<&str>>::new();
        for line in include_str!("options.txt").lines().filter(|line| !line.starts_with('#')) {
            let (shape, names) = line.split_once(':').unwrap_or_default();
            words.entry(shape).or_default().extend(names.split_whitespace());
        }
        words.keys().map(|shape| (*shape, known(&words, shape))).collect()
    });
    SHAPES.get(shape).map_or(&[], Vec::as_slice)
}

fn known(words: &BTreeMap<&'static str, Vec<&'static str>>, shape: &str) -> Vec<Known> {
    let mut all = Vec::new();
    for word in words.get(shape).into_iter().flatten() {
        if let Some(included) = word.strip_prefix("..") {
            all.extend(known(words, included));
            continue;
        }
        let at = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        let (name, mark) = word.split_at(at);
        let other = mark.get(1..).filter(|other| !other.is_empty()).unwrap_or(name);
        let kind = match mark.chars().next() {
            None => Kind::Text,
            Some('?') => Kind::Switch,
            Some('#') => Kind::Number,
            Some('{') => Kind::Json,
            Some('*') => Kind::Named(other),
            Some('=') => Kind::Group(other),
            Some(_) => Kind::Foreign,
        };
        all.push(Known { name, kind });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_is_named_is_there_and_every_name_is_one() {
        let mut left = vec![WHOLE];
        let mut seen = 0;
        while let Some(shape) = left.pop() {
            assert!(!of(shape).is_empty(), "{shape:?}");
            for Known { name, kind } in of(shape) {
                assert!(!name.is_empty() && name.bytes().all(|it| it == b'_' || it.is_ascii_alphanumeric()), "{name}");
                left.extend(match kind {
                    Kind::Named(shape) | Kind::Group(shape) => Some(*shape),
                    _ => None,
                });
                seen += 1;
            }
        }
        assert!(seen > 300, "{seen}");
    }
}
