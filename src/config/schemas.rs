//! Reads the files of `access.schemas` and `access.schema_files`.

use super::sections::Access;
use hubwire_actors::access::schemas::{Document, SchemaPolicy, SchemaRule};
use std::path::PathBuf;

/// Each rule was validated with the configuration.
fn rules(access: &Access) -> impl Iterator<Item = SchemaRule> + '_ {
    access.schemas.iter().filter_map(|rule| rule.parse().ok())
}

/// All files with schemas, each once.
pub(super) fn files(access: &Access) -> Vec<PathBuf> {
    let named = rules(access).map(|rule| rule.file().to_owned());
    let mut files: Vec<PathBuf> = named.chain(access.schema_files.iter().map(PathBuf::from)).collect();
    files.sort();
    files.dedup();
    files
}

/// The rules with their schemas.
///
/// # Errors
/// The file, the place in it, and the mistake.
pub(super) fn compiled(access: &Access) -> Result<SchemaPolicy, String> {
    let read = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Document { path, text }),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    let documents = files(access).into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    SchemaPolicy::compile(rules(access), &documents).map_err(|error| error.to_string())
}
