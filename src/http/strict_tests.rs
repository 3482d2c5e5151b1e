//! Bodies and queries are read strictly by their types.

use super::*;
use crate::http::within::{PageSize, Within};
use hubwire_protocol::UserId;
use serde_json::value::RawValue;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    user: UserId,
    device: Option<String>,
    name: Option<Option<String>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    limit: Option<PageSize>,
}

fn refused(text: &str) -> String {
    from_json::<Body<'_>>(text).unwrap_err().to_string()
}

#[test]
fn an_absent_field_is_not_a_null_and_a_payload_keeps_its_text() {
    let text = r#"{"user":"u1","name":null,"payload":{"n": 1.0}}"#;
    let body: Body<'_> = from_json(text).unwrap();
    assert_eq!((body.user.as_str(), body.device, body.name), ("u1", None, Some(None)));
    assert_eq!(body.payload.map(RawValue::get), Some(r#"{"n": 1.0}"#));
    let body: Body<'_> = from_json(r#"{"user":"u1","payload":null,"limit":100}"#).unwrap();
    assert_eq!((body.payload.map(RawValue::get), body.limit.map(Within::get)), (Some("null"), Some(100)));
}

#[test]
fn a_wrong_body_names_its_field() {
    assert_eq!(refused(r#"{"user":"u1","device":null}"#), "`device`: invalid type: null, expected a string");
    assert_eq!(refused(r#"{"device":"d"}"#), "`user` is missing");
    assert_eq!(refused(r#"{"user":"u1","usr":1}"#), "unknown key \"usr\"; did you mean `user`?");
    assert_eq!(refused(r#"{"user":"u1","user":"u2"}"#), "`user` occurs twice");
    assert_eq!(refused(r#"{"user":"u1","limit":0}"#), "`limit`: 0 is not between 1 and 100");
    assert!(refused("[1]").contains("expected an object"));
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Query {
    user: Option<UserId>,
    #[serde(default)]
    all: bool,
    #[serde(default = "PageSize::most")]
    limit: PageSize,
}

#[test]
fn a_query_is_read_as_its_types_say() {
    let Query { user, all, limit } = from_query("user=a%7C1+x&all=true&limit=7").unwrap();
    assert_eq!((user.unwrap().as_str(), all, limit.get()), ("a|1+x", true, 7));
    assert_eq!(from_query::<Query>("").unwrap().limit.get(), 100);
    for (text, message) in [
        ("limit=101", "`limit`: 101 is not between 1 and 100"),
        ("limit=x", "`limit`: \"x\" is not a whole number"),
        ("all=yes", "`all`: \"yes\" is not `true` or `false`"),
        ("all=true&all=true", "`all` occurs twice"),
        ("lim=1", "unknown key \"lim\"; did you mean `limit`?"),
        ("user=%", "the query is not percent-encoded UTF-8"),
    ] {
        assert_eq!(from_query::<Query>(text).unwrap_err().to_string(), message);
    }
}
