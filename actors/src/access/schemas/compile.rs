//! Compiles schemas from files and rules. It fetches nothing: a `$ref` must stay within its file or lead to another
//! configured file.

use super::{SchemaPolicy, SchemaRule};
use boon::{CompileError, Compiler, Schemas, UrlLoader};
use serde_json::Value;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file with schemas.
#[derive(Debug, Clone)]
pub struct Document {
    /// The path; a relative one is relative to the working directory.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

/// Why schemas cannot be used: the file, the place in it, and the fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A file holds no JSON.
    #[error("{}: no JSON: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser expected, with line and column.
        reason: String,
    },
    /// A file holds no schema, or one that cannot be compiled.
    #[error("{}: {reason}", path.display())]
    Schema {
        /// The file that was compiled.
        path: PathBuf,
        /// The fault, with its place.
        reason: String,
    },
    /// A rule names a file that was not passed in.
    #[error("{}: the file was not read", .0.display())]
    Missing(PathBuf),
}

/// Fails every look-up of a document that was not passed in.
struct Nowhere;

impl UrlLoader for Nowhere {
    fn load(&self, _: &str) -> Result<Value, Box<dyn Error>> {
        Err("this is not one of the configured files, and nothing is fetched".into())
    }
}

impl SchemaPolicy {
    /// Compiles all documents, even those that no rule uses, and gives each rule its schema.
    ///
    /// # Errors
    /// The first fault.
    pub fn compile(
        rules: impl IntoIterator<Item = SchemaRule>,
        documents: &[Document],
    ) -> Result<SchemaPolicy, SchemaError> {
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(Nowhere));
        for document in documents {
            add(&mut compiler, document)?;
        }
        let mut schemas = Schemas::new();
        let mut compiled = |path: &Path, place: &str| {
            let wrong = |error| SchemaError::Schema { path: path.into(), reason: reason(&error) };
            compiler.compile(&format!("{}#{place}", url(path)), &mut schemas).map_err(wrong)
        };
        for document in documents {
            compiled(&document.path, "")?;
        }
        let given = |rule: &SchemaRule| documents.iter().any(|document| document.path == rule.file());
        let with_schema = |rule: SchemaRule| match given(&rule) {
            true => compiled(rule.file(), rule.place()).map(|schema| (rule, schema)),
            false => Err(SchemaError::Missing(rule.file().into())),
        };
        let rules = rules.into_iter().map(with_schema).collect::<Result<_, _>>()?;
        Ok(SchemaPolicy { rules, schemas: Arc::new(schemas) })
    }
}

/// Registers a document under its file and, if it has one, under its `$id`, so that others can refer to it by either.
fn add(compiler: &mut Compiler, document: &Document) -> Result<(), SchemaError> {
    let Document { path, text } = document;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| SchemaError::Syntax { path: path.clone(), reason: error.to_string() })?;
    let names = value.get("$id").and_then(Value::as_str).filter(|id| id.contains("://")).map(str::to_owned);
    for name in names.into_iter().chain([url(path)]) {
        let wrong = |error| SchemaError::Schema { path: path.clone(), reason: reason(&error) };
        compiler.add_resource(&name, value.clone()).map_err(wrong)?;
    }
    Ok(())
}

/// The `file:` URL of a path (RFC 8089), with special characters percent-encoded.
fn url(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut url = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => url.push(char::from(*byte)),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}

/// The fault, in one line.
fn reason(error: &CompileError) -> String {
    match error {
        CompileError::ValidationError { url, src } => {
            let misfit = super::Misfit::of(src);
            let place = if misfit.path.is_empty() { "the top level" } else { &misfit.path };
            format!("not a valid schema: {place} {} ({url})", misfit.reason)
        }
        CompileError::LoadUrlError { url, src } => format!("cannot resolve the reference to {url}: {src}"),
        other => format!("{other:#}").split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(rules: &[&str], documents: &[(&str, &str)]) -> Result<SchemaPolicy, String> {
        let documents: Vec<Document> =
            documents.iter().map(|(path, text)| Document { path: path.into(), text: (*text).into() }).collect();
        let rules = rules.iter().map(|rule| rule.parse().unwrap());
        SchemaPolicy::compile(rules, &documents).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bad_file_is_named_with_the_place_and_the_reason() {
        for (text, words) in [
            ("{\n \"type\": }", &["/s/a.json: no JSON", "line 2 column 10"][..]),
            (r#"{"properties":{"a":{"type":"strng"}}}"#, &["/s/a.json: not a valid schema", "/properties/a/type"]),
            (r#"{"properties":{"a":{"pattern":"(?<=x)y"}}}"#, &["/s/a.json: ", "/properties/a"]),
            (r#"{"$ref":"b.json"}"#, &["/s/a.json: ", "file:///s/b.json", "not one of the configured files"]),
            (r#"{"$ref":"https://example.com/b"}"#, &["https://example.com/b", "nothing is fetched"]),
            (r##"{"$ref":"#/$defs/b"}"##, &["/s/a.json: ", "/$defs/b"]),
            (r#"{"$schema":"https://example.com/own"}"#, &["https://example.com/own", "nothing is fetched"]),
        ] {
            let error = compiled(&["x on * as /s/a.json"], &[("/s/a.json", text)]).unwrap_err();
            assert!(words.iter().all(|word| error.contains(word)) && !error.contains('\n'), "{text}: {error}");
        }
        let error = compiled(&["x on * as /s/a.json#/$defs/no"], &[("/s/a.json", "{}")]).unwrap_err();
        assert!(error.contains("/$defs/no"), "{error}");
        let error = compiled(&["x on * as /s/b.json"], &[("/s/a.json", "{}")]).unwrap_err();
        assert!(error.starts_with("/s/b.json"), "{error}");
    }

    #[test]
    fn a_file_that_no_rule_uses_is_checked_all_the_same() {
        assert!(compiled(&[], &[("/s/a.json", r#"{"type":7}"#)]).is_err());
    }

    #[test]
    fn configured_files_refer_to_each_other_by_path_and_by_id() {
        let files = [
            ("/s/a b.json", r#"{"anyOf":[{"$ref":"sub/%23c.json"},{"$ref":"https://example.com/d"}]}"#),
            ("/s/sub/#c.json", r#"{"type":"integer"}"#),
            ("/s/d.json", r##"{"$id":"https://example.com/d","$defs":{"t":{"const":"d"}},"$ref":"#/$defs/t"}"##),
        ];
        let policy = compiled(&["x on * as /s/a b.json"], &files).unwrap();
        let identity = crate::identity::Identity::of("u1".parse().unwrap());
        let fits = |payload| policy.check(&identity, "x", &"user:u2".parse().unwrap(), Some(payload)).is_ok();
        assert!(fits("7") && fits("\"d\"") && !fits("\"e\""));
    }

    #[test]
    fn a_schema_that_leads_to_itself_ends() {
        let tree = r##"{"properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}},"required":["n"]}"##;
        let policy = compiled(&["x on * as /s/a.json"], &[("/s/a.json", tree)]).unwrap();
        let identity = crate::identity::Identity::of("u1".parse().unwrap());
        let check = |payload| policy.check(&identity, "x", &"user:u2".parse().unwrap(), Some(payload));
        assert_eq!(check(r#"{"n":1,"left":{"n":2}}"#), Ok(()));
        assert_eq!(check(r#"{"n":1,"left":{"n":2,"right":{}}}"#).unwrap_err().path, "/left/right");
        let endless = compiled(&["x on * as /s/a.json"], &[("/s/a.json", r##"{"$ref":"#"}"##)]).unwrap();
        assert!(endless.check(&identity, "x", &"user:u2".parse().unwrap(), Some("7")).is_err());
    }
}
