//! Reads the TOML file into values with their lines.

use super::error::ConfigError;
use super::option::Naming;
use super::raw::Raw;
use super::resolver::{Origin, Resolver};
use std::path::Path;
use toml::de::{DeTable, DeValue};
use toml::Spanned;

impl Resolver {
    /// Takes all values of a file.
    pub fn take_file(&mut self, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.take_toml(path, &text),
            Err(error) => {
                self.errors.push(ConfigError::NoFile { path: path.to_path_buf(), reason: error.to_string() });
            }
        }
    }

    /// Takes all values of a text in the format of the file.
    pub(super) fn take_toml(&mut self, path: &Path, text: &str) {
        let origin_at = |offset: usize| Origin::File { path: path.to_path_buf(), line: line_of(text, offset) };
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let origin = origin_at(error.span().map_or(0, |span| span.start));
            // only the message: the error's own text quotes the line, which may contain a secret
            self.errors.push(ConfigError::Syntax { origin, reason: error.message().to_string() });
        }
        for (name, value) in document.get_ref() {
            let section = name.get_ref();
            let DeValue::Table(table) = value.get_ref() else {
                self.take(Naming::File, section, raw(value), origin_at(name.span().start));
                continue;
            };
            if table.is_empty() && !super::SECTIONS.iter().any(|known| known.name == section.as_ref()) {
                self.take(Naming::File, section, raw(value), origin_at(name.span().start));
            }
            for (key, value) in table {
                let name = Naming::File.name(section, key.get_ref());
                self.take(Naming::File, &name, raw(value), origin_at(key.span().start));
            }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(value) => Raw::Integer(value.to_string()),
            Err(_) => Raw::Other("a number too long"),
        },
        DeValue::Boolean(on) => Raw::Switch(*on),
        DeValue::Array(entries) => {
            let texts = entries.iter().map(|entry| entry.get_ref().as_str().map(String::from));
            texts.collect::<Option<_>>().map_or(Raw::Other("a list with entries that are not strings"), Raw::List)
        }
        DeValue::Float(_) => Raw::Other("a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}
