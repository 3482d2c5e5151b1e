//! Every action at every kind of address, by role, before and after a refresh and a revocation, checked against
//! docs/access.md.

use crate::support::action::{control, control_at, publication};
use crate::support::{Action, Client, Codec, Login, Node, Offer};
use serde_json::{json, Value};

const PAGE: &str = include_str!("../../docs/access.md");

/// One cell of the table: who may do this there.
struct Cell {
    action: String,
    address: String,
    who: String,
}

fn table() -> Vec<Cell> {
    let table =
        PAGE.split("<!-- every action: begin").nth(1).and_then(|rest| rest.split("<!-- every action: end").next());
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    let rows: Vec<Vec<String>> = table.unwrap().lines().filter(|line| line.starts_with("| ")).map(cells).collect();
    let (head, rows) = rows.split_first().expect("a table");
    let of_row = |row: &Vec<String>| {
        assert_eq!(row.len(), head.len(), "{row:?}");
        let cell = |(address, who): (&String, &String)| Cell {
            action: row[0].clone(),
            address: address.clone(),
            who: who.clone(),
        };
        head.iter().zip(row).skip(1).map(cell).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

/// The users that act. Two of them had another identity until a refresh.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Member,
    Admin,
    BecameAdmin,
    LostAll,
}

impl Role {
    const ALL: [Role; 4] = [Role::Member, Role::Admin, Role::BecameAdmin, Role::LostAll];

    fn user(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Its identity when it connects, and its identity after the refresh.
    fn logins(self) -> (Login, Option<Login>) {
        let of = |roles: &[&str]| Login::user(&self.user()).org("acme", roles, &["ops"]).with_id(&self.user());
        match self {
            Role::Member => (of(&[]), None),
            Role::Admin => (of(&["admin"]), None),
            Role::BecameAdmin => (of(&[]), Some(of(&["admin"]))),
            Role::LostAll => (of(&["admin"]), Some(Login::user(&self.user()).with_id(&self.user()))),
        }
    }

    /// What the table says for it: `ok` or a code.
    fn expected(self, who: &str) -> &str {
        let is_admin = matches!(self, Role::Admin | Role::BecameAdmin);
        let may = match who {
            "everybody" => true,
            "member" => self != Role::LostAll,
            "admin" => is_admin,
            "nobody" => false,
            "–" => return "bad_address",
            code => return code,
        };
        if may {
            "ok"
        } else {
            "forbidden"
        }
    }
}

fn action(cell: &Cell, to: &str) -> Value {
    let at = |kind: &str, payload: Value| control_at(to, &format!("@@hub/{kind}"), payload);
    match &*cell.action {
        "publish" => publication(to, "test/said", json!(1)),
        "publish, ephemeral" => {
            let mut said = publication(to, "test/said", json!(1));
            said["meta"]["hub"]["ephemeral"] = json!(true);
            said
        }
        "resume" => control("@@hub/resume", json!({ "positions": { to: "0-0" } })),
        "cursor" => control("@@hub/cursor", json!({ "positions": { to: "1-1" } })),
        "kick" | "invite" => at(&cell.action, json!({ "user": "bob" })),
        "state" => at("state", json!({ "state": { "typing": true } })),
        "snapshot" => at("snapshot", json!({ "pos": "1-1", "payload": 1 })),
        kind => at(kind, json!({})),
    }
}

/// `ok`, or the code of the refusal.
fn verdict(answer: &Action) -> String {
    let error = if answer.kind() == "@@hub/error" { answer.payload() } else { &answer.payload()["error"] };
    error["code"].as_str().unwrap_or("ok").to_owned()
}

#[tokio::test]
async fn every_action_is_allowed_as_the_table_says_before_and_after_a_refresh_and_a_revocation() {
    let mut node = Node::spawn_set("n1", None, &[("HUBWIRE_PRESENCE_ORGS", "true")]);
    node.ready().await;
    let bob = Client::connect(&node.url(), Codec::Json, &Login::member("bob")).await;
    let session = format!("session:{}", bob.welcome()["session"].as_str().unwrap());
    let table = table();
    assert!(table.len() >= 100, "{} cells were found", table.len());
    let (mut wrong, mut clients) = (Vec::new(), Vec::new());
    for role in Role::ALL {
        let (login, refreshed) = role.logins();
        let offer = Offer { query: "?device=d".into(), ..Offer::login(Codec::Json, &login) };
        let mut client = Client::open(&node.url(), Codec::Json, &offer).await.expect("a socket");
        client.welcomed().await;
        if let Some(refreshed) = refreshed {
            let answer = client.ask(control("@@hub/refresh", json!({ "token": refreshed.token() }))).await;
            assert_eq!(answer.kind(), "@@hub/ack", "{answer:?}");
        }
        for cell in &table {
            let to = match &*cell.address {
                "session:" => session.clone(),
                "user: itself" => format!("user:{}", role.user()),
                "user: another" => "user:bob".into(),
                address => address.into(),
            };
            let answered = verdict(&client.ask(action(cell, &to)).await);
            let expected = role.expected(&cell.who);
            if answered != expected {
                wrong.push(format!("{role:?} {} {to}: {answered}, the table says {expected}", cell.action));
            }
        }
        clients.push((role, client));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    for (role, mut client) in clients {
        assert_eq!(node.api().post("/v1/tokens/revoke", json!({ "jti": role.user() })).status, 200);
        assert_eq!(client.closed().await, 4401, "{role:?}");
        let (before, after) = role.logins();
        for login in [Some(before), after].into_iter().flatten() {
            let opened = Client::open(&node.url(), Codec::Json, &Offer::login(Codec::Json, &login)).await;
            assert_eq!(opened.err(), Some(401), "{role:?}");
        }
    }
}
