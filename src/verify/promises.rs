//! The scenarios, one per promise. Users are numbered and use the URLs in turn, so that the two sides are on different
//! nodes.

use super::peer::{all_in_order, is_said, Peer};
use super::Play;
use crate::bench::Target;
use serde_json::json;

/// The number of publications in a scenario that counts them.
const MANY: u64 = 100;
/// The number of publications while the receiver is away.
const MISSED: u64 = 20;

pub async fn direct(target: &Target) -> Play {
    let mut sender = Peer::open(target, 0, 0).await?;
    let (mut one, mut two) = (Peer::open(target, 1, 1).await?, Peer::open(target, 2, 1).await?);
    let to = format!("user:{}", one.user);
    let ack = sender.publish(&to, json!({ "n": 0 })).await?;
    if ack["sessions"] != 2 {
        return Err(format!("two sessions are open, but the ack says {}", ack["sessions"]));
    }
    sender.publish(&to, json!({})).await?;
    for receiver in [&mut one, &mut two] {
        all_in_order(&receiver.numbers_until_end(&to).await?, 1)?;
    }
    Ok(format!("from {} to {} and {}", sender.node, one.node, two.node))
}

pub async fn inbox(target: &Target) -> Play {
    let mut sender = Peer::open(target, 0, 0).await?;
    let to = format!("user:{}", target.user(2));
    let ack = sender.publish(&to, json!({ "n": 0 })).await?;
    if ack["sessions"] != 0 {
        return Err(format!("nobody is connected, but the ack says {} sessions", ack["sessions"]));
    }
    let mut late = Peer::open(target, 1, 2).await?;
    let resume = json!({ "positions": { to.clone(): { "from": "oldest" } } });
    late.send(&json!({ "type": "@@hub/resume", "payload": resume })).await?;
    late.next("the waiting message", |it| is_said(it, &to)).await?;
    Ok(format!("sent at {}, read at {} later", sender.node, late.node))
}

pub async fn idempotency(target: &Target) -> Play {
    let (mut sender, mut receiver) = (Peer::open(target, 0, 0).await?, Peer::open(target, 1, 1).await?);
    let channel = target.channel(1);
    receiver.join(&channel).await?;
    let twice = json!({
        "type": "verify/said", "payload": { "n": 0 }, "meta": { "hub": { "to": channel, "id": "twice" } },
    });
    let mut acks = Vec::new();
    for _ in 0..2 {
        sender.send(&twice).await?;
        acks.push(sender.next("an ack", |it| it["meta"]["hub"]["re"] == "twice").await?["payload"].clone());
    }
    if acks[0]["pos"] != acks[1]["pos"] || acks[1]["duplicate"] != true {
        return Err(format!("the acks are {} and {}", acks[0], acks[1]));
    }
    sender.publish(&channel, json!({})).await?;
    all_in_order(&receiver.numbers_until_end(&channel).await?, 1)?;
    Ok(format!("stored at {}, the second send was recognised", acks[0]["pos"]))
}

pub async fn order(target: &Target) -> Play {
    let (mut sender, mut receiver) = (Peer::open(target, 0, 0).await?, Peer::open(target, 1, 1).await?);
    let channel = target.channel(2);
    receiver.join(&channel).await?;
    say_many(&mut sender, &channel, MANY).await?;
    all_in_order(&receiver.numbers_until_end(&channel).await?, MANY)?;
    Ok(format!("{MANY} at once from {} to {}", sender.node, receiver.node))
}

/// Publishes without waiting for acks; the last publication is acknowledged.
async fn say_many(sender: &mut Peer, channel: &str, count: u64) -> Result<(), String> {
    for n in 0..count {
        let hub = json!({ "to": channel });
        sender.send(&json!({ "type": "verify/said", "payload": { "n": n }, "meta": { "hub": hub } })).await?;
    }
    sender.publish(channel, json!({})).await.map(drop)
}

pub async fn resume(target: &Target) -> Play {
    let (mut sender, mut receiver) = (Peer::open(target, 0, 0).await?, Peer::open(target, 1, 1).await?);
    let (channel, first) = (target.channel(3), receiver.node.clone());
    let pos = receiver.join(&channel).await?;
    drop(receiver); // without a close frame
    say_many(&mut sender, &channel, MISSED).await?;
    let mut again = Peer::open(target, 2, 1).await?;
    let positions = json!({ "positions": { channel.clone(): pos } });
    again.send(&json!({ "type": "@@hub/resume", "payload": positions })).await?;
    let is_it = |it: &serde_json::Value| it["type"] == "@@hub/resumed" && it["meta"]["hub"]["to"] == channel.as_str();
    let resumed = again.next("an answer to the resume", is_it).await?;
    if resumed["payload"]["recovered"] != true {
        return Err(format!("the answer to the resume is {}", resumed["payload"]));
    }
    all_in_order(&again.numbers_until_end(&channel).await?, MISSED)?;
    Ok(format!("{MISSED} missed between {first} and {}", again.node))
}

pub async fn organisation(target: &Target) -> Play {
    let mut members = Vec::new();
    for turn in 0..target.urls.len().max(2) {
        members.push(Peer::open(target, turn, turn + 1).await?);
    }
    let mut sender = Peer::open(target, 0, 0).await?;
    let org = format!("org:{}", target.org);
    // contains the name of the run: others may use the organisation at the same time
    let payload = json!({ "run": target.run });
    sender.publish(&org, payload.clone()).await?;
    for member in &mut members {
        member.next("the event", |it| is_said(it, &org) && it["payload"] == payload).await?;
    }
    let nodes: Vec<&str> = members.iter().map(|member| member.node.as_str()).collect();
    Ok(format!("from {} to members on {}", sender.node, nodes.join(", ")))
}

pub async fn presence(target: &Target) -> Play {
    let mut there = Peer::open(target, 0, 0).await?;
    let channel = target.channel(4);
    there.join(&channel).await?;
    let mut guest = Peer::open(target, 1, 1).await?;
    let (user, node) = (guest.user.clone(), guest.node.clone());
    guest.join(&channel).await?;
    let told = |kind: &'static str| {
        let (user, channel) = (user.clone(), channel.clone());
        move |it: &serde_json::Value| {
            let users = it["payload"]["users"].as_array().into_iter().flatten();
            it["type"] == kind
                && it["meta"]["hub"]["to"] == channel.as_str()
                && users.into_iter().any(|it| *it == user.as_str())
        }
    };
    there.next("joined", told("@@hub/joined")).await?;
    guest.ask("@@hub/leave", Some(&channel), json!({})).await?;
    there.next("left", told("@@hub/left")).await?;
    Ok(format!("{} learned of a member on {node}", there.node))
}
