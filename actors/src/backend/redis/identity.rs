//! The identity of the server that a connection leads to. An address may move to another server while old connections
//! live on, so every connection is asked, repeatedly.

use redis::aio::MultiplexedConnection;
use redis::{from_redis_value, Cmd, ErrorKind, RedisError, RedisResult, Value};

/// The identity that a server reports; fields that its ACL hides are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokerIdentity {
    /// The id of this life of the server process.
    run: Option<String>,
    role: Option<String>,
}

impl BrokerIdentity {
    /// Asks a connection. Fails when the server is not a master.
    pub(super) async fn of_master(connection: &mut MultiplexedConnection, server: &str) -> RedisResult<BrokerIdentity> {
        let identity = BrokerIdentity { run: run(connection).await?, role: role(connection).await? };
        identity.demand_master(server)?;
        Ok(identity)
    }

    /// Asks again for what can change while a connection lives.
    pub(super) async fn still_master(connection: &mut MultiplexedConnection, server: &str) -> RedisResult<()> {
        BrokerIdentity { run: None, role: role(connection).await? }.demand_master(server)
    }

    fn demand_master(&self, server: &str) -> RedisResult<()> {
        match self.role.as_deref() {
            // a server that does not answer is taken for a master: a replica refuses writes anyway
            None | Some("master") => Ok(()),
            Some(role) => Err(fault(format!("{server} is {role}"))),
        }
    }

    /// Fails when another connection to the same address leads to another server.
    pub(super) fn demand_same(&self, other: &BrokerIdentity, server: &str) -> RedisResult<()> {
        match (&self.run, &other.run) {
            (Some(run), Some(other)) if run != other => Err(fault(format!("{server} has moved to another server"))),
            _ => Ok(()),
        }
    }

    /// Whether this may be another process than before, which is also the case when the server does not report it.
    pub(super) fn may_have_lost(&self, former: &BrokerIdentity) -> bool {
        self.run.is_none() || self.run != former.run
    }
}

fn fault(detail: String) -> RedisError {
    RedisError::from((ErrorKind::Client, "the wrong server", detail))
}

async fn run(connection: &mut MultiplexedConnection) -> RedisResult<Option<String>> {
    let info: Option<String> = allowed(redis::cmd("INFO").arg("server"), connection).await?;
    let info = info.unwrap_or_default();
    let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).map(|run| run.trim().to_owned());
    Ok(run.filter(|run| !run.is_empty()))
}

/// `HELLO` without arguments changes nothing and, unlike `ROLE`, is not in the category of dangerous commands.
async fn role(connection: &mut MultiplexedConnection) -> RedisResult<Option<String>> {
    let pairs: Vec<(Value, Value)> = match allowed::<Value>(&redis::cmd("HELLO"), connection).await? {
        Some(Value::Map(pairs)) => pairs,
        Some(Value::Array(values)) => {
            let mut values = values.into_iter();
            std::iter::from_fn(|| Some((values.next()?, values.next()?))).collect()
        }
        _ => return Ok(None),
    };
    let text = |value: Value| from_redis_value::<String>(value).ok();
    Ok(pairs.into_iter().find_map(|(key, value)| (text(key)? == "role").then(|| text(value))?))
}

/// The answer, or nothing if the ACL forbids the command.
async fn allowed<T: redis::FromRedisValue>(
    question: &Cmd,
    connection: &mut MultiplexedConnection,
) -> RedisResult<Option<T>> {
    match question.query_async(connection).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(run: Option<&str>, role: Option<&str>) -> BrokerIdentity {
        BrokerIdentity { run: run.map(str::to_owned), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_replica_is_not_wanted_and_who_does_not_tell_is_taken() {
        assert!(of(None, None).demand_master("a:1").is_ok());
        assert!(of(None, Some("master")).demand_master("a:1").is_ok());
        let error = of(None, Some("replica")).demand_master("a:1").unwrap_err().to_string();
        assert!(error.contains("a:1 is replica"), "{error}");
    }

    #[test]
    fn two_runs_are_two_servers() {
        let (first, second, hidden) = (of(Some("1"), None), of(Some("2"), None), of(None, None));
        assert!(first.demand_same(&second, "a:1").is_err());
        assert!(first.demand_same(&first, "a:1").is_ok());
        assert!(first.demand_same(&hidden, "a:1").is_ok(), "nothing is known against it");
        assert!(!first.may_have_lost(&first));
        assert!(second.may_have_lost(&first));
        assert!(hidden.may_have_lost(&hidden), "nothing vouches for it");
    }
}
