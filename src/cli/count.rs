//! Counts with their nouns, for people: `1 session`, `2 sessions`.

use std::fmt::Display;

/// A number with its noun, which gets an `s` unless the number is one. An unknown number is printed as a dash.
pub fn counted(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    let ending = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Like [`counted`], followed by the verb in the right number.
pub fn counted_with(number: usize, noun: &str, verb: (&str, &str)) -> String {
    format!("{} {}", counted(number, noun), if number == 1 { verb.0 } else { verb.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_every_other_number_is_plural() {
        assert_eq!([0, 1, 2, 11].map(|count| counted(count, "node")), ["0 nodes", "1 node", "2 nodes", "11 nodes"]);
        assert_eq!(counted("-", "session"), "- sessions");
        assert_eq!(counted_with(1, "option", ("has", "have")), "1 option has");
        assert_eq!(counted_with(2, "option", ("has", "have")), "2 options have");
    }
}
