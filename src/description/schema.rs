//! Schemas as a document has them.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{json, Map, Value};

/// Where the schemas of a document stand.
const DEFINITIONS: &str = "/components/schemas";

/// The schemas of the types that a document names. Types that are read and types that are written share one list.
pub struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
    /// Those that have no type.
    others: Map<String, Value>,
    /// Whether `null` counts as absent where something is read.
    takes_null: bool,
}

impl Default for Schemas {
    fn default() -> Self {
        let of = |contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = DEFINITIONS.into();
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Schemas {
            read: of(Contract::Deserialize),
            written: of(Contract::Serialize),
            others: Map::new(),
            takes_null: false,
        }
    }
}

impl Schemas {
    /// Of a socket: it takes `null` for a field that is absent.
    pub fn of_a_socket() -> Self {
        Schemas { takes_null: true, ..Schemas::default() }
    }

    /// Adds one that has no type.
    pub fn add(&mut self, name: &str, schema: Value) {
        self.others.insert(name.to_owned(), schema);
    }

    /// What is read as a `T`: a reference, where the type has a name of its own.
    pub fn read<T: JsonSchema>(&mut self) -> Value {
        tidy(self.read.subschema_for::<T>().to_value(), self.takes_null)
    }

    /// What a `T` is written as.
    pub fn written<T: JsonSchema>(&mut self) -> Value {
        tidy(self.written.subschema_for::<T>().to_value(), false)
    }

    /// The schema itself of what is read as a `T`.
    pub fn inner_read<T: JsonSchema>(&mut self) -> Value {
        tidy(T::json_schema(&mut self.read).to_value(), self.takes_null)
    }

    /// The schema itself of what a `T` is written as.
    pub fn inner_written<T: JsonSchema>(&mut self) -> Value {
        tidy(T::json_schema(&mut self.written).to_value(), false)
    }

    /// All that were named so far.
    ///
    /// # Panics
    /// When two different ones have one name: one of the types needs another.
    pub fn definitions(mut self) -> Map<String, Value> {
        let takes_null = self.takes_null;
        let read = self.read.take_definitions(true).into_iter().map(|(name, it)| (name, tidy(it, takes_null)));
        let written = self.written.take_definitions(true).into_iter().map(|(name, it)| (name, tidy(it, false)));
        let mut definitions: Map<String, Value> = Map::new();
        for (name, schema) in read.chain(written).chain(self.others) {
            let former = definitions.insert(name.clone(), schema.clone());
            assert!(former.is_none_or(|former| former == schema), "two different schemas are called {name}");
        }
        definitions
    }
}

/// A schema without what only Rust knows, its descriptions on one line per paragraph. Unless `null` is taken for what
/// is absent, only `oneOf` says that something may be `null`.
fn tidy(mut schema: Value, takes_null: bool) -> Value {
    match &mut schema {
        Value::Object(object) => {
            object.remove("$schema");
            object.remove("title");
            // of integers and floats
            if object.get("type").is_none_or(|kind| kind != "string") {
                object.remove("format");
            }
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = paragraphs(text);
            }
            by_name(object);
            if object.get("additionalProperties") == Some(&Value::Bool(true)) {
                object.remove("additionalProperties"); // so it is where nothing is said
            }
            let required = object.get("required").cloned().unwrap_or_default();
            if let Some(Value::Object(properties)) = object.get_mut("properties") {
                let is_required = |name: &str| required.as_array().is_some_and(|it| it.iter().any(|it| it == name));
                for (_, property) in properties.iter_mut().filter(|(name, _)| !takes_null && !is_required(name)) {
                    not_null(property);
                }
            }
            object.iter_mut().for_each(|(_, inner)| *inner = tidy(inner.take(), takes_null));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| *inner = tidy(inner.take(), takes_null)),
        _ => {}
    }
    schema
}

/// A map whose keys have a pattern says so with `propertyNames`, which generators of clients know.
fn by_name(object: &mut Map<String, Value>) {
    let Some(Value::Object(patterns)) = object.get("patternProperties") else { return };
    let mut patterns = patterns.clone().into_iter();
    let (Some((pattern, of_each)), None) = (patterns.next(), patterns.next()) else { return };
    object.remove("patternProperties");
    object.insert("propertyNames".into(), json!({ "pattern": pattern }));
    object.insert("additionalProperties".into(), of_each);
}

/// Has names of properties that are ids or addresses refer to the schema of those.
pub fn refer_to_names(document: &mut Value) {
    let named = document["components"]["schemas"].as_object().into_iter().flatten();
    let named: Vec<(Value, String)> =
        named.filter_map(|(name, schema)| Some((schema.get("pattern")?.clone(), name.clone()))).collect();
    walk(document, &|value| {
        let Some(names) = value.get_mut("propertyNames") else { return };
        if let Some((_, name)) = named.iter().find(|(pattern, _)| names.get("pattern") == Some(pattern)) {
            *names = json!({ "$ref": format!("#{DEFINITIONS}/{name}") });
        }
    });
}

fn walk(value: &mut Value, change: &impl Fn(&mut Value)) {
    change(value);
    match value {
        Value::Object(object) => object.values_mut().for_each(|inner| walk(inner, change)),
        Value::Array(items) => items.iter_mut().for_each(|inner| walk(inner, change)),
        _ => {}
    }
}

/// What may be absent is absent: an `Option` is never `null`. Where `null` has a meaning, `oneOf` says so.
fn not_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_mut_slice() {
            let only = only.take();
            object.insert("type".into(), only);
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    if let [only] = choices.as_mut_slice() {
        if let Value::Object(only) = only.take() {
            object.remove("anyOf");
            only.into_iter().for_each(|(name, value)| {
                object.entry(name).or_insert(value);
            });
        }
    }
}

/// A doc comment with each paragraph on one line.
pub fn paragraphs(text: &str) -> String {
    let paragraph = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
    // a link between types leads nowhere here
    let text = text.replace("[`", "`").replace("`]", "`");
    text.trim().split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}
