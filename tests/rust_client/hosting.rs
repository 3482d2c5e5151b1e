//! What a node can do beside carrying messages.

use crate::link::{Link, Mode};
use crate::support::{Login, Node};
use crate::{options, publication};
use futures_util::{Stream, StreamExt as _};
use hubwire_client::protocol::{Select, UserId};
use hubwire_client::{
    ChannelOptions, Contact, ContactAct, ContactState, Event, Hub, OrgWatch, OrgWatching, Profile, ProviderError,
    SendOptions, Start, State,
};
use serde_json::{json, Value};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

const RULES: &str = "member may join read publish presence on ch:{org}/open/**,\
    admin may kick invite manage on ch:{org}/**,member may read presence on org:{org},\
    anyone may read on org:system,anyone may direct presence on user:*";

pub async fn node() -> Node {
    let further = [
        ("HUBWIRE_ACCESS_RULES", RULES),
        ("HUBWIRE_PEOPLE_ENABLED", "true"),
        ("HUBWIRE_PRESENCE_ORGS", "true"),
        ("HUBWIRE_PRESENCE_LEFT_GRACE_MS", "0"),
        ("HUBWIRE_PRESENCE_DELAY_MS", "0"),
        ("HUBWIRE_STREAMS_CHANNEL_COUNT", "20"),
    ];
    let mut node = Node::spawn_set("n1", None, &further);
    node.ready().await;
    node
}

pub fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

async fn connected(url: &str, login: &Login) -> Hub {
    let hub = Hub::new(options(url, login));
    hub.connect().await.unwrap();
    hub
}

/// The first event that is wanted; others are passed over.
pub async fn event<T>(feed: &mut (impl Stream<Item = Event> + Unpin), wanted: impl Fn(Event) -> Option<T>) -> T {
    let next = async {
        loop {
            if let Some(found) = wanted(feed.next().await.expect("the feed goes on")) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("an event in time")
}

fn error(event: Event) -> Option<String> {
    match event {
        Event::Error(error) => Some(error.to_string()),
        _ => None,
    }
}

/// Ends the connection and keeps it away.
async fn cut(hub: &Hub, link: &Link) {
    link.set(Mode::Refuse);
    assert_eventually!(hub.state() == State::Reconnecting);
}

#[tokio::test]
async fn a_channel_begins_with_its_recent_publications_once_and_goes_on_after_a_cut() {
    let node = node().await;
    let link = Link::to(&node, Mode::Pass).await;
    let room = "ch:acme/open/recent";
    let ada = connected(&node.url(), &Login::member("ada")).await;
    for n in 0..5 {
        ada.send(room, "n", &n).unwrap().await.unwrap();
    }
    let bob = connected(&link.url(), &Login::member("bob")).await;
    let mut channel = bob.channel_with(room, ChannelOptions::recent(3)).unwrap();
    for n in 2..5 {
        assert_eq!(publication(&mut channel).await.payload::<u64>().unwrap(), n);
    }
    cut(&bob, &link).await;
    ada.send(room, "n", &5).unwrap().await.unwrap();
    link.set(Mode::Pass);
    assert_eq!(publication(&mut channel).await.payload::<u64>().unwrap(), 5);
    ada.send(room, "n", &6).unwrap().await.unwrap();
    assert_eq!(publication(&mut channel).await.payload::<u64>().unwrap(), 6);
}

#[tokio::test]
async fn a_channel_begins_with_its_snapshot_and_with_a_new_one_after_a_gap() {
    let node = node().await;
    let link = Link::to(&node, Mode::Pass).await;
    let room = "ch:acme/open/snapshot";
    let ada = connected(&node.url(), &Login::admin("ada")).await;
    let own = ada.channel(room).unwrap();
    own.joined().await.unwrap();
    let pos = own.send("n", &1).unwrap().await.unwrap().pos;
    own.store_snapshot(&json!({ "sum": 1 }), pos).await.unwrap();
    own.send("n", &2).unwrap().await.unwrap();

    let sum = |event: Event| match event {
        Event::Snapshot(snapshot) => Some(format!("snapshot {}", snapshot.payload::<Value>().unwrap()["sum"])),
        Event::Action(it) => Some(it.payload::<u64>().unwrap().to_string()),
        Event::Gap(gap) => Some(gap.cause.as_str().to_owned()),
        _ => None,
    };
    let bob = connected(&link.url(), &Login::member("bob")).await;
    let mut channel = bob.channel_with(room, ChannelOptions::snapshot()).unwrap();
    assert_eq!(event(&mut channel, sum).await, "snapshot 1");
    assert_eq!(event(&mut channel, sum).await, "2");
    assert_eq!(channel.snapshot().unwrap().pos, pos.unwrap());
    cut(&bob, &link).await;
    for _ in 0..39 {
        own.send("n", &1).unwrap().await.unwrap(); // more than the log holds
    }
    let last = own.send("n", &1).unwrap().await.unwrap().pos;
    own.store_snapshot(&json!({ "sum": 50 }), last).await.unwrap();
    own.send("n", &3).unwrap().await.unwrap();
    link.set(Mode::Pass);
    for wanted in ["not_recovered", "snapshot 50", "3"] {
        assert_eq!(event(&mut channel, sum).await, wanted);
    }
    let empty = bob.channel_with("ch:acme/open/nothing", ChannelOptions::snapshot()).unwrap();
    empty.joined().await.unwrap();
    assert!(empty.snapshot().is_none());
}

#[tokio::test]
async fn who_is_kicked_leaves_and_who_is_invited_hears_it_once_also_when_away() {
    let node = node().await;
    let link = Link::to(&node, Mode::Pass).await;
    let room = "ch:acme/open/hosted";
    let (ada, bob) =
        (connected(&node.url(), &Login::admin("ada")).await, connected(&node.url(), &Login::member("bob")).await);
    let (mine, other) = (ada.channel(room).unwrap(), bob.channel(room).unwrap());
    other.joined().await.unwrap();
    assert_eq!(other.kick(&user("ada")).await.unwrap_err().code.as_str(), "forbidden");
    let mut events = bob.events();
    assert_eq!(mine.kick(&user("bob")).await.unwrap(), 1);
    assert_eq!(event(&mut events, error).await, format!("forbidden: {room}: taken out: kicked"));
    assert_eventually!(ada.count(room).await.unwrap() == 1);

    let pos = mine.invite(&user("carol")).await.unwrap();
    let mut options = options(&link.url(), &Login::member("carol"));
    options.start_user = Some(Start::Beginning);
    let carol = Hub::new(options);
    let mut events = carol.events();
    carol.connect().await.unwrap();
    let invited = |event: Event| match event {
        Event::Invited(it) => Some((it.channel.to_string(), it.from, it.pos)),
        Event::Action(it) if it.kind == "after" => panic!("it came before the invitation"),
        _ => None,
    };
    assert_eq!(event(&mut events, invited).await, (room.to_owned(), Some(user("ada")), pos));
    cut(&carol, &link).await;
    ada.send("user:carol", "after", &1).unwrap().await.unwrap();
    link.set(Mode::Pass);
    let next = |event: Event| match event {
        Event::Action(it) => Some(it.kind.clone()),
        _ => None,
    };
    let mut kinds = vec![event(&mut events, next).await];
    if kinds[0] == "@@hub/invited" {
        kinds.push(event(&mut events, next).await); // the first one, as it stands in the log
    }
    assert_eq!(kinds.last().unwrap(), "after");
    assert!(kinds.len() <= 2, "the invitation came twice: {kinds:?}");
}

#[tokio::test]
async fn a_send_leaves_users_out_or_is_for_some_sessions_of_its_receiver() {
    let node = node().await;
    let room = "ch:acme/open/some";
    let ada = connected(&node.url(), &Login::member("ada")).await;
    let bob = Hub::new(options(&node.url(), &Login::member("bob")).device_class("mobile".parse().unwrap()));
    let mut mobile = bob.inbox();
    bob.connect().await.unwrap();
    let mut channel = bob.channel(room).unwrap();
    channel.joined().await.unwrap();
    let except = SendOptions { except: vec![user("bob")], ..SendOptions::default() };
    ada.send_with(room, "x", &"not for bob", except).unwrap().await.unwrap();
    ada.send(room, "x", &"for all").unwrap().await.unwrap();
    assert_eq!(publication(&mut channel).await.payload::<String>().unwrap(), "for all");

    let desk = Hub::new(options(&node.url(), &Login::member("bob")));
    let mut desktop = desk.inbox();
    desk.connect().await.unwrap();
    let select = SendOptions { select: Select::Class("mobile".parse().unwrap()), ..SendOptions::default() };
    ada.send_with("user:bob", "x", &1, select).unwrap().await.unwrap();
    ada.send("user:bob", "x", &2).unwrap().await.unwrap();
    for n in [1, 2] {
        assert_eq!(publication(&mut mobile).await.payload::<u64>().unwrap(), n);
    }
    assert_eq!(publication(&mut desktop).await.payload::<u64>().unwrap(), 2);
}

#[tokio::test]
async fn a_channel_is_joined_with_a_token_and_with_another_on_the_next_connection() {
    let node = node().await;
    let room = "ch:acme/closed/room";
    let ada = connected(&node.url(), &Login::member("ada")).await;
    assert_eq!(ada.channel(room).unwrap().joined().await.unwrap_err().code.as_str(), "forbidden");
    let wrong = ChannelOptions::default().token(Login::member("eve").token_for(room, &["join"], 60));
    let refused = ada.channel_with(room, wrong).unwrap();
    assert_eq!(refused.joined().await.unwrap_err().code.as_str(), "bad_credentials");

    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    let provider = move || {
        // the first one ends soon, and another is asked for
        let seconds = if count.fetch_add(1, Ordering::Relaxed) == 0 { 7 } else { 3_600 };
        let token = Login::member("ada").token_for(room, &["join", "read", "presence"], seconds);
        async move { Ok::<_, ProviderError>(token) }
    };
    let channel = ada.channel_with(room, ChannelOptions::default().token_provider(provider)).unwrap();
    channel.joined().await.unwrap();
    assert_eventually!(asked.load(Ordering::Relaxed) == 2 && channel.members().contains_key("ada"));
    node.api().disconnect_with("ada", 4000);
    assert_eventually!(asked.load(Ordering::Relaxed) >= 3 && !channel.is_stale());
}

#[tokio::test]
async fn profiles_and_contacts_are_told_and_listed() {
    let node = node().await;
    let room = "ch:acme/open/people";
    let ada = connected(&node.url(), &Login::member("ada")).await;
    let bob = connected(&node.url(), &Login::member("bob")).await;
    let named = |name: &str| Profile { name: Some(name.to_owned()), meta: None };
    ada.set_profile(&named("Ada L.")).await.unwrap();
    let (mine, other) = (ada.channel(room).unwrap(), bob.channel(room).unwrap());
    mine.joined().await.unwrap();
    let profile = || other.members().get("ada").and_then(|member| member.profile.clone());
    assert_eventually!(profile() == Some(named("Ada L.")), "{:?}", other.members());
    ada.set_profile(&named("Ada")).await.unwrap();
    assert_eventually!(profile() == Some(named("Ada")), "{:?}", other.members());

    let mut events = bob.events();
    let contact = |event: Event| match event {
        Event::Contact(Contact { user, state, .. }) => Some((user, state)),
        _ => None,
    };
    ada.set_contact(&user("bob"), ContactAct::Invite).await.unwrap();
    assert_eq!(event(&mut events, contact).await, (user("ada"), ContactState::Invites));
    bob.set_contact(&user("ada"), ContactAct::Accept).await.unwrap();
    ada.set_contact(&user("dave"), ContactAct::Invite).await.unwrap();
    let mut pages = ada.people().limit(1);
    let mut found = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!(page.len(), 1);
        found.extend(page.into_iter().map(|it| (it.user.to_string(), it.state)));
    }
    assert_eq!(found, [("bob".into(), ContactState::Contact), ("dave".into(), ContactState::Invited)]);
    bob.set_contact(&user("ada"), ContactAct::Block).await.unwrap();
    assert_eq!(ada.send("user:bob", "x", &1).unwrap().await.unwrap_err().code.as_str(), "forbidden");
}

async fn until(watch: &mut OrgWatch, what: &str, holds: impl Fn(&OrgWatching) -> bool) {
    let wait = async {
        while !holds(&watch.now()) {
            watch.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{what}: {:?}", watch.now()));
}

#[tokio::test]
async fn who_is_in_an_organisation_is_watched_over_a_reconnect_and_counted() {
    let node = node().await;
    let link = Link::to(&node, Mode::Pass).await;
    let ada = connected(&link.url(), &Login::member("ada")).await;
    let bob = connected(&node.url(), &Login::member("bob")).await;
    let mut watch = ada.watch_org("acme".parse().unwrap());
    let twin = ada.watch_org("acme".parse().unwrap());
    let names = |it: &OrgWatching| it.members.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    until(&mut watch, "the list", |it| names(it) == "ada bob" && !it.stale).await;
    drop(twin);
    let carol = connected(&node.url(), &Login::member("carol")).await;
    until(&mut watch, "who came", |it| names(it) == "ada bob carol" && it.count == 3).await;
    cut(&ada, &link).await;
    assert!(watch.now().stale);
    carol.close(Duration::ZERO).await;
    bob.close(Duration::ZERO).await;
    link.set(Mode::Pass);
    until(&mut watch, "who went meanwhile", |it| names(it) == "ada" && !it.stale).await;
    assert_eq!(ada.members("org:acme").await.unwrap().into_keys().collect::<Vec<_>>(), [user("ada")]);
    assert_eq!(ada.count("org:acme").await.unwrap(), 1);
    let mut events = ada.events();
    let _elsewhere = ada.watch_org("elsewhere".parse().unwrap());
    assert!(event(&mut events, error).await.starts_with("forbidden"));
}
