//! Builds one configuration from all sources.

use super::check;
use super::error::ConfigErrors;
use super::resolver::{Resolver, Settled};
use super::rules;
use super::schemas;
use super::sections::Config;
use hubwire_actors::access::{Rules, SchemaPolicy};
use hubwire_actors::settings::Settings;
use std::fmt;
use std::path::{Path, PathBuf};

/// A configuration that passed all checks, with the origin of each value.
///
/// Its `Display` is the output of `check-config`: one line per option, secrets redacted.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Each option with its printable value and its origin, in the order of the documentation.
    pub settled: Vec<Settled>,
    /// The schemas of payloads: compiled together with the options, so that a reload applies both or neither.
    schemas: SchemaPolicy,
}

impl Config {
    /// Reads the file, the environment and the flags (`("section-key", value)`), and checks the result.
    ///
    /// All mistakes are reported at once, except that options are compared with each other only when every single one
    /// is valid. Secrets given as `<key>_file` are read here.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[(String, String)],
    ) -> Result<Loaded, ConfigErrors> {
        let mut resolver = Resolver::default();
        if let Some(path) = file {
            resolver.take_file(path);
        }
        resolver.take_variables(environment);
        resolver.take_flags(flags);
        Config::settle(resolver)
    }

    /// Checks the text of a file by itself, without environment and flags.
    ///
    /// # Errors
    /// All mistakes, including those in files that the text names.
    pub fn of_text(name: &Path, text: &str) -> Result<Loaded, ConfigErrors> {
        let mut resolver = Resolver::default();
        resolver.take_toml(name, text);
        Config::settle(resolver)
    }

    fn settle(mut resolver: Resolver) -> Result<Loaded, ConfigErrors> {
        let config = Config::read(&mut resolver);
        let Resolver { settled, mut errors, .. } = resolver;
        let Some(mut config) = config else { return Err(ConfigErrors(errors)) };
        errors.extend(check::misfits(&config, &settled));
        let schemas = schemas::compiled(&config.access).unwrap_or_else(|reason| {
            errors.push(check::misfit(&settled, "access.schemas", reason));
            SchemaPolicy::default()
        });
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        if config.node.label.is_empty() {
            config.node.label = host_name();
        }
        Ok(Loaded { config, settled, schemas })
    }
}

/// The name of the machine, if known. Only a label: nothing requires it to be unique.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        name if !name.is_empty() && rules::is_label(name) => name.to_string(),
        _ => "node".to_string(),
    }
}

impl Loaded {
    /// The settings of the node's actors.
    pub fn settings(&self) -> Settings {
        Settings { rules: self.rules(), ..self.config.settings() }
    }

    /// The access rules.
    pub(crate) fn rules(&self) -> Rules {
        Rules { schemas: self.schemas.clone(), ..self.config.rules() }
    }

    /// Files from which keys, certificates, schemas, and values of such options were read.
    pub(crate) fn secret_files(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let values = self.settled.iter().filter(|settled| is_wanted(&settled.spec.name()));
        let values = values.filter_map(|settled| settled.file.clone());
        let keys =
            self.config.auth.jwt_keys.iter().filter_map(|entry| entry.split_once('=')).map(|(_, path)| path.into());
        let tls = &self.config.tls;
        let certificates = [
            &tls.certificate,
            &tls.key,
            &tls.internal_certificate,
            &tls.internal_key,
            &tls.internal_client_authorities,
        ];
        let certificates = certificates.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from);
        let schemas = schemas::files(&self.config.access);
        values.chain(keys).chain(certificates).chain(schemas).collect()
    }

    /// The file from which the value of an option was read, if it was given as `<key>_file`.
    pub fn file_of(&self, option: &str) -> Option<&Path> {
        self.settled.iter().find(|settled| settled.spec.name() == option)?.file.as_deref()
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Settled { spec, shown, origin, .. } in &self.settled {
            writeln!(f, "{} = {shown}  # {origin}", spec.name())?;
        }
        Ok(())
    }
}
