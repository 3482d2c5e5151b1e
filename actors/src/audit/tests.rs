//! The audit trail keeps the latest of each kind; a flood neither pushes out other events nor fills the log.

use super::*;

fn audit() -> Audit {
    Audit::new(Environment::real())
}

#[test]
fn a_flood_of_one_kind_pushes_out_nothing_of_another() {
    let audit = audit();
    audit.note(AuditEvent::of(AuditKind::ApiCall).of_call("ci", "POST", "/v1/drain"));
    for _ in 0..3 * KEPT_MAX {
        audit.note(AuditEvent::of(AuditKind::HandshakeRefused).because("the signature of the token is wrong"));
    }
    let all = audit.before(u64::MAX, None, None, 10 * KEPT_MAX);
    assert_eq!(all.len(), KEPT_MAX + 1);
    assert_eq!((all[0].number, all[KEPT_MAX].number), (3001, 1), "newest first");
    let calls = audit.before(u64::MAX, Some(AuditKind::ApiCall), None, 10);
    assert_eq!(calls[0].call.as_deref(), Some("POST /v1/drain"));
}

#[test]
fn pages_go_on_before_the_last_event_of_the_former_one() {
    let audit = audit();
    for kind in AuditKind::ALL {
        audit.note(AuditEvent::of(kind));
    }
    let numbers =
        |before, limit| audit.before(before, None, None, limit).iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!(numbers(u64::MAX, 3), [11, 10, 9]);
    assert_eq!(numbers(9, 3), [8, 7, 6]);
    assert!(numbers(1, 3).is_empty());
}

#[test]
fn what_became_of_a_user_is_found_among_that_of_others() {
    let audit = audit();
    let of = |kind, user: &str| AuditEvent { user: Some(user.parse().unwrap()), ..AuditEvent::of(kind) };
    audit.note(of(AuditKind::SessionEnded, "ada"));
    audit.note(of(AuditKind::HandshakeRefused, "ada"));
    for _ in 0..2 * KEPT_MAX {
        audit.note(of(AuditKind::SessionEnded, "ben"));
    }
    let ada = audit.before(u64::MAX, None, Some(&"ada".parse().unwrap()), 10);
    assert_eq!(ada.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_strangers_cause_is_written_once_a_second_and_what_operators_do_each_time() {
    let mut lines = Lines::default();
    assert_eq!([lines.pass(true), lines.pass(true), lines.pass(true)], [Some(0), None, None]);
    tokio::time::advance(LOG_EVERY).await;
    assert_eq!(lines.pass(true), Some(2));
    assert_eq!([lines.pass(false), lines.pass(false)], [Some(0), Some(0)]);
}

#[test]
fn an_event_is_one_line_with_its_fields_by_name_and_bounded_texts() {
    let user = Some("ada".parse().unwrap());
    let event = AuditEvent { user, status: Some(403), ..AuditEvent::of(AuditKind::Kicked) };
    assert_eq!(event.because("a \"b\"").to_string(), r#"kicked user=ada status=403 reason="a \"b\"""#);
    let long = AuditEvent::of(AuditKind::Kicked).because(&"ü".repeat(500)).reason.unwrap();
    assert_eq!(long.len(), TEXT_MAX);
}

#[test]
fn the_word_of_a_kind_is_the_same_everywhere() {
    for (index, kind) in AuditKind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, index);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
