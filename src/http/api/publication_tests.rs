//! Valid and invalid publications of the server API.

use super::*;

fn code(text: &str) -> (ErrorCode, String) {
    match parse(text, None, "default".into(), &Limits::default()).unwrap_err() {
        Failure::Code { code, message } => (code, message),
        other => panic!("{other:?}"),
    }
}

fn only(text: &str) -> ServerPublish {
    let Addressed { mut publications, is_list } = parse(text, None, "default".into(), &Limits::default()).unwrap();
    assert!(!is_list && publications.len() == 1);
    publications.remove(0)
}

#[test]
fn a_list_of_addresses_is_one_publication_for_each_in_their_order() {
    let text = r#"{"to":["user:u2","org:acme","user:u1"],"type":"x","id":"k1"}"#;
    let Addressed { publications, is_list } = parse(text, None, "default".into(), &Limits::default()).unwrap();
    let to: Vec<String> = publications.iter().map(|it| it.to.to_string()).collect();
    assert!(is_list && publications.iter().all(|it| it.id.as_deref() == Some("k1")));
    assert_eq!(to, ["user:u2", "org:acme", "user:u1"]);
    let many = |count: usize| serde_json::json!((0..count).map(|n| format!("user:u{n}")).collect::<Vec<_>>());
    assert_eq!(code(&format!(r#"{{"to":{},"type":"x"}}"#, many(101))).0, ErrorCode::TooMany);
    assert!(parse(&format!(r#"{{"to":{},"type":"x"}}"#, many(100)), None, "k".into(), &Limits::default()).is_ok());
    assert_eq!(code(r#"{"to":[],"type":"x"}"#).0, ErrorCode::MissingAddress);
    assert_eq!(code(r#"{"to":["user:u1","nobody"],"type":"x"}"#).0, ErrorCode::BadAddress);
    assert_eq!(code(r#"{"to":["user:u1","user:u1"],"type":"x"}"#).0, ErrorCode::BadAddress);
    assert_eq!(code(r#"{"to":7,"type":"x"}"#).0, ErrorCode::BadPayload);
}

#[test]
fn payload_and_meta_keep_their_text() {
    let text = r#"{"to":"org:acme","type":"a/b","payload":{"n": 1.00,"big":123456789012345678901234567890},
        "meta":{"t": 1},"id":"k1","ephemeral":true,"from":"u1","error":true}"#;
    let publication = only(text);
    assert_eq!(publication.payload.as_deref(), Some(r#"{"n": 1.00,"big":123456789012345678901234567890}"#));
    assert_eq!(publication.meta.as_deref(), Some(r#"{"t": 1}"#));
    assert_eq!((publication.error, publication.ephemeral, publication.id.as_deref()), (Some(true), true, Some("k1")));
    assert_eq!(publication.from.map(|user| user.to_string()).as_deref(), Some("u1"));
}

#[test]
fn a_null_payload_is_a_payload() {
    let publication = only(r#"{"to":"user:u1","type":"x","payload":null}"#);
    assert_eq!(publication.payload.as_deref(), Some("null"));
}

#[test]
fn wrong_publications_say_what_is_wrong() {
    assert_eq!(code(r#"{"type":"x"}"#), (ErrorCode::MissingAddress, "`to` is missing".into()));
    assert_eq!(code(r#"{"to":"acme","type":"x"}"#).0, ErrorCode::BadAddress);
    assert_eq!(code(r#"{"to":"org:acme"}"#), (ErrorCode::BadPayload, "`type` is missing".into()));
    assert_eq!(code(r#"{"to":"org:acme","type":"@@hub/ack"}"#).0, ErrorCode::ForbiddenType);
    assert_eq!(code(r#"{"to":"org:acme","type":"x","meta":{"hub":{}}}"#).0, ErrorCode::BadPayload);
    assert_eq!(code(r#"{"to":"org:acme","type":"x","meta":7}"#).0, ErrorCode::BadPayload);
    assert_eq!(code(r#"{"to":"org:acme","type":"x","from":"a b"}"#).0, ErrorCode::BadPayload);
    assert_eq!(code(r#"{"to":"org:acme","type":"x""#).0, ErrorCode::BadSyntax);
}

#[test]
fn what_no_client_could_be_sent_is_refused_as_on_a_socket() {
    let publication = |rest: &str| code(&format!(r#"{{"to":"org:acme","type":"x",{rest}}}"#)).0;
    assert_eq!(publication(r#""payload":"\ud800""#), ErrorCode::BadSyntax);
    let deep = ["[".repeat(40), "]".repeat(40)].concat();
    assert_eq!(publication(&format!(r#""payload":{deep}"#)), ErrorCode::TooDeep);
    assert_eq!(publication(&format!(r#""meta":{{ "m":{deep}}}"#)), ErrorCode::TooDeep);
    assert_eq!(publication(&format!(r#""id":"{}""#, "x".repeat(65))), ErrorCode::TooBig);
    assert_eq!(publication(&format!(r#""payload":"{}""#, "x".repeat(70_000))), ErrorCode::TooBig);
    assert_eq!(publication(r#""id":"""#), ErrorCode::BadAction);
}
