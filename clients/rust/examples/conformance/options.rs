//! Options of a client, as the runner writes them.

use hubwire_client::{Options, Start};
use serde_json::Value;
use std::time::Duration;

/// Fills in what the runner says; what is absent is the library's default.
pub fn fill(options: &mut Options, said: &Value) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(device) = said["device"].as_str() {
        options.device = Some(device.parse()?);
    }
    if let Some(start) = start(&said["start"]["user"])? {
        options.start_user = Some(start);
    }
    options.start_org = start(&said["start"]["org"])?.unwrap_or(options.start_org);
    options.start_team = start(&said["start"]["team"])?.unwrap_or(options.start_team);
    let reconnect = &said["reconnect"];
    milliseconds(&mut options.reconnect.base, &reconnect["base_ms"]);
    milliseconds(&mut options.reconnect.cap, &reconnect["cap_ms"]);
    if let Some(attempts) = reconnect["attempts"].as_u64() {
        options.reconnect.attempts = Some(attempts.try_into()?);
    }
    let queue = &said["queue"];
    options.queue.items = queue["items"].as_u64().map_or(Ok(options.queue.items), TryInto::try_into)?;
    options.queue.bytes = queue["bytes"].as_u64().map_or(Ok(options.queue.bytes), TryInto::try_into)?;
    milliseconds(&mut options.queue.ttl, &queue["ttl_ms"]);
    milliseconds(&mut options.ack_timeout, &said["ack_timeout_ms"]);
    milliseconds(&mut options.lost_after, &said["lost_after_ms"]);
    options.auto_commit = said["auto_commit"].as_bool().unwrap_or(options.auto_commit);
    Ok(())
}

fn milliseconds(of: &mut Duration, said: &Value) {
    if let Some(milliseconds) = said.as_u64() {
        *of = Duration::from_millis(milliseconds);
    }
}

fn start(said: &Value) -> Result<Option<Start>, Box<dyn std::error::Error>> {
    Ok(match said.as_str() {
        None => None,
        Some("now") => Some(Start::Now),
        Some("cursor") => Some(Start::Cursor),
        Some("beginning") => Some(Start::Beginning),
        Some(position) => Some(Start::After(position.parse()?)),
    })
}
