//! Which frames take the fast path, and which do not.

use super::*;

fn read(text: &str) -> Option<Vec<Action<'_>>> {
    Quick::new(text, 8, &Limits::default()).frame(|action| action)
}

/// Frames that matter for performance must not silently fall back to the slow path.
#[test]
fn the_usual_frames_are_read_in_one_pass() {
    let text = r#" {"type":"chat/said" , "payload":{"a":[1,-0.5,true,null,{}, []],"b":"é\n\"x\""}, "error":false,
        "meta":{"hub":{"to":"ch:acme/x","id":"i1","ephemeral":true}}} "#;
    let action = &read(text).unwrap()[0];
    assert_eq!((&*action.kind, action.error), ("chat/said", Some(false)));
    assert_eq!(action.payload.as_deref(), Some(r#"{"a":[1,-0.5,true,null,{}, []],"b":"é\n\"x\""}"#));
    assert_eq!(action.hub.to.as_ref().map(ToString::to_string).as_deref(), Some("ch:acme/x"));
    assert_eq!((action.hub.id.as_deref(), action.hub.ephemeral), (Some("i1"), true));
    assert_eq!(read(r#"[{"type":"a"}, {"type":"b","payload":0}]"#).unwrap().len(), 2);
}

#[test]
fn what_is_not_of_the_usual_form_is_left_to_the_other_way() {
    for text in [
        "",
        "{",
        "{}",
        "[]",
        r#"{"type":""}"#,
        r#"{"type":"a"},"#,
        r#"{"type":"a",}"#,
        r#"{"type":"a","type":"b"}"#,
        r#"{"type":"a","payload":01}"#,
        r#"{"type":"a","payload":-}"#,
        r#"{"type":"a","payload":1.}"#,
        r#"{"type":"a","payload":1e400}"#,
        r#"{"type":"a","payload":"\ud800"}"#,
        "{\"type\":\"a\",\"payload\":\"\t\"}",
        r#"{"type":"a","payload":[[[[[[[[1]]]]]]]]}"#,
        r#"{"type":"a","payload":[1,]}"#,
        r#"{"type":"a","payload":tru}"#,
        r#"{"type":"a","meta":{"hub":{"to":"nowhere"}}}"#,
        r#"{"type":"a","meta":{"other":1,"hub":{"id":"x"}}}"#,
        "\u{c}{\"type\":\"a\"}",
        r#"{"type":"a","meta":{"hub":{"id":"x"},"hub":{"id":"y"}}}"#,
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn the_first_byte_that_is_not_plain_is_found_wherever_it_stands() {
    for end in [b'"', b'\\', 0, 0x1f] {
        for at in 0..20 {
            let mut bytes = "é~ !€#[]^abcdefghijk".as_bytes()[..20].to_vec();
            bytes[at] = end;
            assert_eq!(plain_bytes(&bytes), at, "{end} at {at}");
        }
    }
    assert_eq!(plain_bytes(b"\x7f\x80\xff !#[]abcdefgh"), 16);
    for end in [b'"', b'\\', 0, 0x1f, 0x7f, 0x80, 0xff] {
        for at in 0..20 {
            let mut bytes = *b"~~ !!#[]^abcdefghijk";
            bytes[at] = end;
            assert_eq!(printable_bytes(&bytes), at, "{end} at {at}");
        }
    }
}
