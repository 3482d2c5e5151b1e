//! Options of the endpoints for other clients than hubwire's own.

use super::{load, messages};

#[test]
fn endpoints_of_other_clients_have_paths_of_their_own_and_rooms_an_organisation() {
    let toml =
        "[auth]\ndev = true\n[centrifuge]\nenabled = true\npath = '/chat/'\n[rooms]\nenabled = true\npath = '/chat'\n";
    assert_eq!(
        messages(load(toml, &[], &[])),
        [
            "8: rooms.path is /chat, the same as centrifuge.path",
            "default: rooms.org is empty: name the organisation whose channels are the rooms",
        ]
    );
    let off = "[auth]\ndev = true\n[centrifuge]\nenabled = true\npath = '/rooms'\n";
    assert!(load(off, &[], &[]).is_ok(), "a disabled endpoint cannot conflict");
    let wrong = "[rooms]\npath = '/ws/'\norg = 'no good'\nfirst = 'a/'\n";
    let found = messages(load(wrong, &[], &[("auth-dev", "true")]));
    assert!(
        ["2: rooms.path", "3: rooms.org"].iter().all(|place| found.iter().any(|it| it.starts_with(place))),
        "{found:?}"
    );
}
