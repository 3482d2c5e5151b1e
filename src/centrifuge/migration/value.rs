//! Values in the forms that Centrifugo accepts.

use serde_json::Value;

/// Whether a value only means that something is off.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || milliseconds(text) == Some(0),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}

/// The value at a path, `section.key`.
pub(super) fn at<'a>(theirs: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(theirs, |value, key| value.get(key))?;
    (!is_nothing(found)).then_some(found)
}

/// The text at a path; a number in its written form.
pub(super) fn text(theirs: &Value, path: &str) -> Option<String> {
    at(theirs, path).and_then(as_text)
}

/// A text, or a number in its written form.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The texts of a list, or of one text separated by spaces or commas, as in the environment.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(as_text).collect(),
        Value::String(text) => text.split([' ', ',']).filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether the switch at a path is on.
pub(super) fn is_on(theirs: &Value, path: &str) -> bool {
    at(theirs, path) == Some(&Value::Bool(true))
}

/// A duration in Go's form, such as `1m30s` or `720h`.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..letters] {
                "ms" => 1.0,
                "s" => 1_000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    (!text.is_empty()).then_some(total as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, expected) in [
            ("25s", Some(25_000)),
            ("1m30s", Some(90_000)),
            ("720h", Some(2_592_000_000)),
            ("1.5s", Some(1_500)),
            ("200ms", Some(200)),
            ("0s", Some(0)),
            ("25", None),
            ("", None),
            ("s", None),
            ("5 days", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
