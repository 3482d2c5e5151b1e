//! JSON Schemas that the payload of an action must match, by type and address.
//!
//! Servers and pages of the application read what other users send. A schema defines the allowed form once, for all
//! senders. Without any rule the check costs one comparison.

mod compile;
mod misfit;
mod payload;
mod rule;

pub use compile::{Document, SchemaError};
pub use misfit::Misfit;
pub use rule::{SchemaRule, SchemaRuleError};

use crate::identity::Identity;
use boon::{SchemaIndex, Schemas};
use hubwire_protocol::Address;
use std::fmt;
use std::sync::Arc;

/// All schema rules in their order, compiled; can be replaced while the node runs.
#[derive(Clone, Default)]
pub struct SchemaPolicy {
    rules: Arc<[(SchemaRule, SchemaIndex)]>,
    schemas: Arc<Schemas>,
}

impl SchemaPolicy {
    /// Checks the payload of an action by the first rule that matches its type and address; if no rule matches, any
    /// payload is allowed. A missing payload is checked as `null`.
    ///
    /// The time is at most linear in the payload for each part of the schema: regular expressions do not backtrack.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, identity: &Identity, kind: &str, to: &Address, payload: Option<&str>) -> Result<(), Misfit> {
        let mut rules = self.rules.iter();
        let Some((_, schema)) = rules.find(|(rule, _)| rule.fits(identity, kind, to)) else { return Ok(()) };
        let value = payload::read(payload.unwrap_or("null"))?;
        self.schemas.validate(&value, *schema).map_err(|error| Misfit::of(&error))
    }
}

/// Whether both share the same compiled schemas. Schemas that were compiled separately differ, even if their files are
/// equal.
impl PartialEq for SchemaPolicy {
    fn eq(&self, other: &Self) -> bool {
        self.rules.is_empty() && other.rules.is_empty() || Arc::ptr_eq(&self.schemas, &other.schemas)
    }
}

impl Eq for SchemaPolicy {}

impl fmt::Debug for SchemaPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules.iter().map(|(rule, _)| rule)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r##"{
        "type": "object", "required": ["lines"], "additionalProperties": false,
        "properties": {
            "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } },
            "note": { "type": "string", "maxLength": 5, "pattern": "^(a+)+$" },
            "by": { "anyOf": [{ "const": "web" }, { "$ref": "common.json#/$defs/id" }] }
        },
        "$defs": { "line": { "properties": { "qty": { "type": "integer", "minimum": 1 } } } }
    }"##;
    const COMMON: &str = r#"{ "$defs": { "id": { "type": "integer" } } }"#;

    fn policy(rules: &[&str]) -> SchemaPolicy {
        let documents = [("/etc/hub/order.json", ORDER), ("/etc/hub/common.json", COMMON)];
        let documents = documents.map(|(path, text)| Document { path: path.into(), text: text.into() });
        SchemaPolicy::compile(rules.iter().map(|rule| rule.parse().unwrap()), &documents).unwrap()
    }

    fn checked(policy: &SchemaPolicy, kind: &str, to: &str, payload: Option<&str>) -> Result<(), String> {
        let identity = Identity {
            orgs: [("acme".parse().unwrap(), Default::default())].into_iter().collect(),
            ..Identity::of("u1".parse().unwrap())
        };
        policy.check(&identity, kind, &to.parse().unwrap(), payload).map_err(|misfit| misfit.path)
    }

    #[test]
    fn the_fault_of_a_payload_is_named_by_its_place() {
        let policy = policy(&["order/* on ch:{org}/orders/** as /etc/hub/order.json"]);
        for (payload, fault) in [
            (r#"{"lines":[]}"#, None),
            (r#"{"lines":[{"qty":1},{"qty":2.0}],"note":"aaa","by":"web"}"#, None),
            (r#"{"lines":[{"qty":1},{"qty":0}]}"#, Some("/lines/1/qty")),
            (r#"{"lines":[{"qty":1.5}]}"#, Some("/lines/0/qty")),
            (r#"{"lines":{}}"#, Some("/lines")),
            (r#"{}"#, Some("")),
            ("7", Some("")),
            (r#"{"lines":[],"a/b~c":1}"#, Some("/a~1b~0c")),
            (r#"{"lines":[],"note":"aaaaaaa"}"#, Some("/note")),
            (r#"{"lines":[],"note":"aab"}"#, Some("/note")),
            (r#"{"lines":[],"by":7}"#, None),
            (r#"{"lines":[],"by":"app"}"#, Some("/by")),
        ] {
            let found = checked(&policy, "order/paid", "ch:acme/orders/7", Some(payload));
            assert_eq!(found.err().as_deref(), fault, "{payload}");
        }
        assert_eq!(checked(&policy, "order/paid", "ch:acme/orders/7", None), Err(String::new()), "it is `null`");
    }

    #[test]
    fn a_key_that_stands_twice_does_not_fit_whichever_of_the_values_does() {
        let policy = policy(&["* on * as /etc/hub/order.json"]);
        for payload in
            [r#"{"lines":7,"lines":[]}"#, r#"{"lines":[],"lines":7}"#, r#"{"lines":[{"qty":1,"\u0071ty":1}]}"#]
        {
            let found = checked(&policy, "x", "user:u2", Some(payload));
            assert!(found.is_err(), "{payload}: readers differ in which one they take");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_without_one_anything_goes() {
        let policy = policy(&[
            "order/line on ch:{org}/** as /etc/hub/order.json#/$defs/line",
            "order/* chat on ch:acme/** user:{user} as /etc/hub/order.json",
        ]);
        let free = r#"{"qty":3,"free":true}"#;
        assert_eq!(checked(&policy, "order/line", "ch:acme/x", Some(free)), Ok(()));
        assert!(checked(&policy, "order/paid", "ch:acme/x", Some(free)).is_err());
        assert!(checked(&policy, "chat", "user:u1", Some(free)).is_err());
        assert_eq!(checked(&policy, "order/paid", "user:u2", Some(free)), Ok(()));
        assert_eq!(checked(&policy, "other", "ch:acme/x", Some(free)), Ok(()));
        assert_eq!(checked(&SchemaPolicy::default(), "order/paid", "ch:acme/x", Some(free)), Ok(()));
    }

    #[test]
    fn a_payload_that_a_backtracking_engine_would_never_finish_is_judged_at_once() {
        let policy = policy(&["* on * as /etc/hub/order.json#/properties/note"]);
        let long = format!("\"{}b\"", "a".repeat(60_000));
        assert!(checked(&policy, "x", "user:u2", Some(&long)).is_err());
    }

    #[test]
    fn what_a_client_is_told_holds_nothing_of_the_values() {
        let policy = policy(&["* on * as /etc/hub/order.json"]);
        let identity = Identity::of("u1".parse().unwrap());
        for payload in [
            r#"{"lines":[],"note":"s3cret"}"#,
            r#"{"lines":[],"s3cret":1}"#,
            r#"{"lines":[],"by":"s3cret"}"#,
            r#"{"lines":"s3cret"}"#,
        ] {
            let misfit = policy.check(&identity, "x", &"user:u2".parse().unwrap(), Some(payload)).unwrap_err();
            assert!(!misfit.reason.contains("s3cret"), "{}: it may be logged", misfit.reason);
        }
    }
}
