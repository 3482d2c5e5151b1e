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
        let mut advice = judge(&info, policy.as_deref(), save.as_deref(), self.wires.config.replicas_acked);
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

fn judge(info: &str, policy: Option<&str>, save: Option<&str>, replicas_wanted: usize) -> Vec<String> {
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let policy = policy.or_else(|| field("maxmemory_policy"));
    let mut advice = Vec::new();
    if let Some(policy) = policy.filter(|policy| *policy != "noeviction") {
        advice.push(format!("maxmemory-policy is {policy}, which deletes messages at will; set noeviction"));
    }
    if field("aof_enabled") == Some("0") && save == Some("") {
        advice.push("neither AOF nor RDB is on, so a restart loses every message; set appendonly yes".into());
    }
    let replicas: usize = field("connected_slaves").and_then(|count| count.parse().ok()).unwrap_or(0);
    if replicas < replicas_wanted {
        advice.push(format!("{replicas_wanted} replicas are to confirm appends, but {replicas} are connected"));
    }
    if let Some(version) = field("redis_version").filter(|version| number(version) < (6, 2)) {
        advice.push(format!("version {version} is too old; 6.2 is needed (7.0 for a cluster)"));
    }
    advice
}

fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_broker_that_keeps_its_promises_gets_no_advice() {
        let info = "redis_version:7.0.15\r\naof_enabled:1\r\nconnected_slaves:1\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(judge(info, None, None, 1), Vec::<String>::new());
    }

    #[test]
    fn every_lack_is_named() {
        let info = "redis_version:6.0.1\r\naof_enabled:0\r\nconnected_slaves:0\r\n";
        let advice = judge(info, Some("allkeys-lru"), Some(""), 1).join("\n");
        for word in ["allkeys-lru", "appendonly", "1 replicas", "6.0.1"] {
            assert!(advice.contains(word), "{advice}");
        }
    }
}
