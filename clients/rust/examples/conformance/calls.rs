//! Questions to the application, who is online, and what is unread.

use super::tell;
use hubwire_client::protocol::UserId;
use hubwire_client::{Hub, Outcome, RpcError};
use serde_json::{json, Map, Value};

/// Watches users for as long as the driver lives.
pub fn watch(name: &str, hub: &Hub, command: &Value) {
    let users = command["users"].as_array().into_iter().flatten();
    let users: Vec<UserId> = users.filter_map(|user| user.as_str()?.parse().ok()).collect();
    let (name, mut watch) = (name.to_owned(), hub.watch(users));
    tokio::spawn(async move {
        loop {
            let known = watch.changed().await;
            let users: Map<_, _> = known.users.values().map(|it| (it.user.to_string(), json!(it.online))).collect();
            tell(json!({ "on": "watched", "client": name, "users": users, "stale": known.stale }));
        }
    });
}

/// Lists with whom the user wrote, and how much of it is unread.
pub fn conversations(name: &str, hub: &Hub, command: &Value) {
    let (name, hub, reference) = (name.to_owned(), hub.clone(), command["ref"].clone());
    tokio::spawn(async move {
        let Ok(found) = hub.conversations(None).await else { return };
        let unread: Map<_, _> = found.conversations.iter().map(|it| (it.user.to_string(), json!(it.unread))).collect();
        tell(json!({ "on": "conversations", "client": name, "ref": reference, "unread": unread }));
    });
}

/// Marks all that was delivered of a conversation as read.
pub fn read(hub: &Hub, command: &Value) -> Result<(), Box<dyn std::error::Error>> {
    let (hub, user): (_, UserId) = (hub.clone(), command["user"].as_str().unwrap_or_default().parse()?);
    tokio::spawn(async move { hub.mark_read(&user, None).await });
    Ok(())
}

/// Asks the application.
pub fn rpc(name: &str, hub: &Hub, command: &Value) {
    let (name, hub, command) = (name.to_owned(), hub.clone(), command.clone());
    tokio::spawn(async move {
        let (reference, method) = (&command["ref"], command["method"].as_str().unwrap_or_default());
        tell(match hub.rpc::<Value>(method, &command["params"]).await {
            Ok(result) => json!({ "on": "replied", "client": name, "ref": reference, "result": result }),
            Err(RpcError::Application(error)) => {
                json!({ "on": "replied", "client": name, "ref": reference, "error": error })
            }
            Err(RpcError::Hub(error)) => {
                let outcome = if error.outcome == Outcome::Unknown { "unknown" } else { "not_done" };
                let code = error.code.as_str();
                json!({ "on": "rejected", "client": name, "ref": reference, "code": code, "outcome": outcome })
            }
            Err(error) => json!({ "on": "error", "client": name, "code": "failed", "message": error.to_string() }),
        });
    });
}
