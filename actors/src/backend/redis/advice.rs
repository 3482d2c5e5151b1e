//! What a broker lacks of what the promises need.

use super::super::*;
use super::wires::Shard;
use super::Core;
use std::rc::Rc;

impl Core {
    pub(super) fn advice(self: &Rc<Self>) -> Reply<Vec<String>> {
        self.spawn(|core| async move {
            let shards = core.wires.shards();
            if shards.is_empty() {
                return Err(BackendError::Unavailable { reason: core.wires.why() });
            }
            let mut advice = Vec::new();
            for shard in shards {
                advice.extend(core.advice_on(&shard).await?);
            }
            Ok(advice)
        })
    }

    async fn advice_on(&self, shard: &Shard) -> Result<Vec<String>, BackendError> {
        let mut connection = shard.query.clone();
        let unavailable = |error: ::redis::RedisError| BackendError::Unavailable { reason: error.to_string() };
        let info: String = ::redis::cmd("INFO").query_async(&mut connection).await.map_err(unavailable)?;
        let policy = config(shard, "maxmemory-policy").await;
        let save = config(shard, "save").await;
        let fsync = config(shard, "appendfsync").await;
        let seen = Seen { info: &info, policy: policy.as_deref(), save: save.as_deref(), fsync: fsync.as_deref() };
        let mut advice = judge(seen, self.wires.config.synced, self.wires.config.replicas_acked);
        for sentence in &mut advice {
            sentence.insert_str(0, &format!("broker {}: ", shard.name));
        }
        Ok(advice)
    }
}

/// A setting of the server; `None` where `CONFIG` is forbidden, as with most hosted brokers.
async fn config(shard: &Shard, name: &str) -> Option<String> {
    let mut connection = shard.query.clone();
    let answer = ::redis::cmd("CONFIG").arg("GET").arg(name).query_async::<Vec<String>>(&mut connection).await;
    answer.ok()?.into_iter().nth(1)
}

/// What a server says of itself. A setting is `None` where `CONFIG` is forbidden.
struct Seen<'a> {
    info: &'a str,
    policy: Option<&'a str>,
    save: Option<&'a str>,
    fsync: Option<&'a str>,
}

fn judge(seen: Seen<'_>, synced: bool, replicas_wanted: usize) -> Vec<String> {
    let field =
        |name: &str| seen.info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let mut advice = Vec::new();
    if let Some(policy) = seen.policy.or_else(|| field("maxmemory_policy")).filter(|policy| *policy != "noeviction") {
        advice.push(format!("maxmemory-policy is {policy}, which deletes messages at will; set noeviction"));
    }
    match (synced, field("aof_enabled") == Some("1"), seen.fsync) {
        (true, false, _) => advice.push(
            "appendonly is no, so a crash of the broker loses messages that were acknowledged; set appendonly yes and \
             appendfsync always, or broker.durability memory"
                .into(),
        ),
        (true, true, Some("always")) => {}
        (true, true, Some(fsync)) => advice.push(format!(
            "appendfsync is {fsync}, so a crash of the broker loses messages that were acknowledged just before; set \
             appendfsync always"
        )),
        (true, true, None) => {
            advice.push("appendfsync cannot be read, as CONFIG is forbidden; it must be always".into());
        }
        (false, false, _) if seen.save == Some("") => {
            advice.push("neither AOF nor RDB is on, so a restart loses every message; set appendonly yes".into());
        }
        (false, ..) => {}
    }
    let replicas: usize = field("connected_slaves").and_then(|count| count.parse().ok()).unwrap_or(0);
    if replicas < replicas_wanted {
        advice.push(format!("{replicas_wanted} replicas are to confirm appends, but {replicas} are connected"));
    }
    if let Some(version) = field("redis_version").filter(|version| number(version) < (7, 0)) {
        advice.push(format!("version {version} is too old; 7.0 is needed"));
    }
    advice
}

fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{judge, Seen};

    fn seen(info: &str) -> Seen<'_> {
        Seen { info, policy: None, save: None, fsync: Some("always") }
    }

    #[test]
    fn a_broker_that_keeps_its_promises_gets_no_advice() {
        let info = "redis_version:7.0.15\r\naof_enabled:1\r\nconnected_slaves:1\r\nmaxmemory_policy:noeviction\r\n";
        for synced in [false, true] {
            assert_eq!(judge(seen(info), synced, 1), Vec::<String>::new());
        }
    }

    #[test]
    fn every_lack_is_named() {
        let info = "redis_version:6.2.1\r\naof_enabled:0\r\nconnected_slaves:0\r\n";
        let lacking = Seen { policy: Some("allkeys-lru"), save: Some(""), ..seen(info) };
        let advice = judge(lacking, false, 1).join("\n");
        for word in ["allkeys-lru", "appendonly", "1 replicas", "6.2.1"] {
            assert!(advice.contains(word), "{advice}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let hidden = Seen { fsync: None, ..seen("redis_version:7.2.0\r\naof_enabled:1\r\n") };
        let advice = judge(hidden, true, 0);
        assert!(advice.len() == 1 && advice[0].contains("cannot be read"), "{advice:?}");
    }
}
