//! The declaration of an option: its names, bounds, default and documentation.

/// A group of options: a table of the file, a part of every name.
#[derive(Debug)]
pub struct SectionSpec {
    /// Name of the table in the file.
    pub name: &'static str,
    /// The subject of its options.
    pub doc: &'static str,
    /// The options, in the order of the documentation.
    pub options: &'static [OptionSpec],
}

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// Name of its section.
    pub section: &'static str,
    /// Name within the section; ends with the unit, if there is one.
    pub key: &'static str,
    /// The type and bounds of its values.
    pub kind: Kind,
    /// The default, in the form of an environment variable.
    pub default: &'static str,
    /// The documentation.
    pub doc: &'static str,
    /// Values are never shown, and may be given as the path of a file (`<key>_file`).
    pub secret: bool,
}

/// The type and bounds of an option's values.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A string.
    Text(Rule),
    /// A list of strings; separated by commas outside the file.
    List(Rule),
    /// A whole number.
    Whole {
        /// Least value.
        min: u64,
        /// Greatest value.
        max: u64,
        /// Milliseconds, bytes and the like; empty for a count.
        unit: &'static str,
    },
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A requirement on strings.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// In words, after "allowed:", or for the entries of a list after "a list of".
    pub allowed: &'static str,
    /// Whether a string is valid.
    pub check: fn(&str) -> bool,
}

impl Kind {
    /// The allowed values, in words.
    pub fn allowed(&self) -> String {
        match self {
            Kind::Text(rule) => rule.allowed.to_string(),
            Kind::List(rule) => format!("a list of {}", rule.allowed),
            Kind::Whole { min, max, unit: "" } => format!("a whole number from {min} to {max}"),
            Kind::Whole { min, max, unit } => format!("a whole number from {min} to {max} ({unit})"),
            Kind::Switch => "true or false".to_string(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
        }
    }
}

impl OptionSpec {
    /// The name in the file and in messages: `section.key`.
    pub fn name(&self) -> String {
        Naming::File.name(self.section, self.key)
    }

    /// The environment variable: `HUBWIRE_SECTION_KEY`.
    pub fn variable(&self) -> String {
        Naming::Variable.name(self.section, self.key)
    }

    /// The flag, without the leading dashes: `section-key`.
    pub fn flag(&self) -> String {
        Naming::Flag.name(self.section, self.key)
    }

    /// The key that takes the path of a file with the value; only for secrets.
    pub fn file_key(&self) -> Option<String> {
        self.secret.then(|| format!("{}_file", self.key))
    }

    /// The flag of [`OptionSpec::file_key`], without the leading dashes.
    pub fn file_flag(&self) -> Option<String> {
        self.file_key().map(|key| Naming::Flag.name(self.section, &key))
    }
}

/// The form of an option's name in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// `section.key`
    File,
    /// `HUBWIRE_SECTION_KEY`
    Variable,
    /// `section-key`
    Flag,
}

/// The common prefix of all environment variables of this program.
pub(super) const VARIABLE_PREFIX: &str = "HUBWIRE_";

impl Naming {
    pub fn name(self, section: &str, key: &str) -> String {
        match self {
            Naming::File => format!("{section}.{key}"),
            Naming::Variable => format!("{VARIABLE_PREFIX}{section}_{key}").to_uppercase(),
            Naming::Flag => format!("{section}-{key}").replace('_', "-"),
        }
    }
}
