//! What comes with the answer to a join, and an invitation, as the node sends them.

use crate::server::{assert_said, control, pos, publication, TO, TS};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::*;
use hubwire_protocol::{invitation, publication_json, INVITED};

#[test]
fn the_past_of_a_channel_is_written_as_the_vectors_say() {
    let place = pos("58123-4182736655");
    let line = Envelope {
        to: TO,
        from: Some("u_77"),
        session: None,
        id: Some("k7-17"),
        ts: TS,
        kind: "order/lineChanged",
        payload: Some(r#"{"line":3}"#),
        error: None,
        meta: None,
        narrowed: None,
    };
    let shown = String::from_utf8(publication_json(&line, Some(place))).unwrap();
    let joined = || Joined { pos: Some(place), top: Some(place), ..Joined::default() };
    let recent = Joined { recent: Some(vec![Json::parse(&shown).unwrap()]), ..joined() };
    let snapshot = Snapshot { pos: place, ts: TS, payload: Json::parse(r#"{"lines":[3,5]}"#).unwrap() };
    let with_snapshot =
        Joined { recovered: Some(true), top: Some(pos("58124-7")), snapshot: Some(Some(snapshot)), ..joined() };
    let without = Joined { snapshot: Some(None), ..joined() };
    let payload = invitation(&TO.parse().unwrap());
    let invited = Envelope { to: "user:u_42", id: Some("m2"), kind: INVITED, payload: Some(&payload), ..line };
    assert_said(vec![
        control("joined_with_recent", Event::Joined(recent), Some(TO), Some("j9")),
        control("joined_with_a_snapshot", Event::Joined(with_snapshot), Some(TO), Some("v9")),
        control("joined_without_a_snapshot", Event::Joined(without), Some(TO), Some("v9")),
        publication("invited", invited, Some("12-9920417731")),
    ]);
}
