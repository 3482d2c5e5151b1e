//! Patterns of names: `*` matches any text, `?` one character.

/// A pattern; an empty one matches every name.
pub(super) struct Pattern(Vec<char>);

impl Pattern {
    pub fn new(text: &str) -> Self {
        let mut pattern: Vec<char> = if text.is_empty() { vec!['*'] } else { text.chars().collect() };
        // several `*` in a row match what one does
        pattern.dedup_by(|one, other| *one == '*' && *other == '*');
        Pattern(pattern)
    }

    /// Whether a name matches. A mismatch backtracks only to the last `*`, so the cost is at most the product of both
    /// lengths.
    pub fn takes(&self, name: &str) -> bool {
        let (pattern, name): (&[char], Vec<char>) = (&self.0, name.chars().collect());
        let (mut at, mut of, mut star) = (0, 0, None);
        while of < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, of));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || *wanted == name[of] => {
                    at += 1;
                    of += 1;
                }
                _ => {
                    let Some((of_star, taken)) = star else { return false };
                    star = Some((of_star, taken + 1));
                    at = of_star + 1;
                    of = taken + 1;
                }
            }
        }
        pattern[at..].iter().all(|rest| *rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text_and_question_marks_for_one_character() {
        for (pattern, name, takes) in [
            ("", "chat:a", true),
            ("*", "", true),
            ("chat:*", "chat:room/1", true),
            ("chat:*", "chats:room", false),
            ("*:room", "chat:room", true),
            ("*ab*ab", "xabyabab", true),
            ("*ab*ab", "xaby", false),
            ("chat:?", "chat:ö", true),
            ("chat:?", "chat:", false),
            ("chat", "chat:", false),
        ] {
            assert_eq!(Pattern::new(pattern).takes(name), takes, "{pattern} {name}");
        }
    }
}
