//! Warns of settings of the broker that do not support the promises.

use super::super::health::STORES_NOTHING;
use super::super::*;
use super::config::RedisConfig;
use super::watermark::Memory;
use super::wires::Shard;
use super::RedisCore;
use std::rc::Rc;

impl RedisCore {
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
        let node_bytes = config(shard, "stream-node-max-bytes").await;
        let seen = Seen {
            info: &info,
            policy: policy.as_deref(),
            save: save.as_deref(),
            fsync: fsync.as_deref(),
            node_bytes: node_bytes.as_deref(),
        };
        let mut advice = judge(seen, &self.wires.config);
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

/// The settings of a server. A setting is `None` where `CONFIG` is forbidden.
struct Seen<'a> {
    info: &'a str,
    policy: Option<&'a str>,
    save: Option<&'a str>,
    fsync: Option<&'a str>,
    node_bytes: Option<&'a str>,
}

fn judge(seen: Seen<'_>, wanted: &RedisConfig) -> Vec<String> {
    let (synced, replicas_wanted, bounded) = (wanted.synced, wanted.replicas_acked, wanted.memory_bytes_max > 0);
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
    if field("maxmemory") == Some("0") && !bounded {
        advice.push(
            "maxmemory is 0, so streams may take all memory of the machine; set maxmemory, or broker.memory_bytes_max"
                .into(),
        );
    }
    advice.extend(full(seen.info, wanted));
    if let Some(bytes) = seen.node_bytes.and_then(|bytes| bytes.parse::<u64>().ok()).filter(|bytes| *bytes > 1024) {
        advice.push(format!(
            "stream-node-max-bytes is {bytes}, so a stream with one short message takes as much; \
             set 512 where most streams are short"
        ));
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

/// A server whose memory is so full that nodes store nothing: an acute fault, which no setting shows.
fn full(info: &str, wanted: &RedisConfig) -> Option<String> {
    let percent = wanted.memory_watermark_percent;
    let Memory { used, max } = Memory::read(info, wanted.memory_bytes_max).filter(|memory| memory.is_above(percent))?;
    Some(format!(
        "{used} of {max} bytes of memory are used, above broker.memory_watermark_percent={percent}, {STORES_NOTHING}; \
         raise maxmemory (or broker.memory_bytes_max, if it is set), or lower what streams keep"
    ))
}

fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{judge, RedisConfig, Seen, STORES_NOTHING};

    fn seen(info: &str) -> Seen<'_> {
        Seen { info, policy: None, save: None, fsync: Some("always"), node_bytes: Some("512") }
    }

    fn wanted(synced: bool, replicas_acked: usize) -> RedisConfig {
        RedisConfig { synced, replicas_acked, ..RedisConfig::new("redis://127.0.0.1").unwrap() }
    }

    #[test]
    fn a_broker_that_keeps_its_promises_gets_no_advice() {
        let info = "redis_version:7.0.15\r\naof_enabled:1\r\nconnected_slaves:1\r\nmaxmemory_policy:noeviction\r\n";
        for synced in [false, true] {
            assert_eq!(judge(seen(info), &wanted(synced, 1)), Vec::<String>::new());
        }
    }

    #[test]
    fn every_lack_is_named() {
        let info = "redis_version:6.2.1\r\naof_enabled:0\r\nconnected_slaves:0\r\nmaxmemory:0\r\n";
        let lacking = Seen { policy: Some("allkeys-lru"), save: Some(""), node_bytes: Some("4096"), ..seen(info) };
        let advice = judge(lacking, &wanted(false, 1)).join("\n");
        for word in
            ["allkeys-lru", "appendonly", "1 replicas", "6.2.1", "maxmemory is 0", "stream-node-max-bytes is 4096"]
        {
            assert!(advice.contains(word), "{advice}");
        }
    }

    #[test]
    fn a_server_above_the_watermark_is_named_with_the_bound_that_counts() {
        let info = "redis_version:7.0.15\r\naof_enabled:1\r\nused_memory:901\r\nmaxmemory:1000\r\n";
        let advice = judge(seen(info), &wanted(false, 0));
        assert!(advice.len() == 1 && advice[0].contains("901 of 1000 bytes"), "{advice:?}");
        assert!(advice[0].contains(STORES_NOTHING), "the doctor knows it by these words: {advice:?}");
        let wider = RedisConfig { memory_bytes_max: 2000, ..wanted(false, 0) };
        assert_eq!(judge(seen(info), &wider), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let hidden = Seen { fsync: None, ..seen("redis_version:7.2.0\r\naof_enabled:1\r\n") };
        let advice = judge(hidden, &wanted(true, 0));
        assert!(advice.len() == 1 && advice[0].contains("cannot be read"), "{advice:?}");
    }
}
