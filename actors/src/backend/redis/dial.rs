//! Opens a connection whose task runs in the `LocalSet` of the node.
//!
//! The client library spawns that task on the runtime itself. From there it cannot wake an actor, which is in the
//! `LocalSet`, before the runtime has looked for I/O once more: one system call per answer of the broker and per
//! message of another node. A connection with TLS, or to a Unix socket, is the library's all the same.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, RedisResult};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// An open connection. Dropping the last clone closes it.
#[derive(Clone)]
pub(super) struct Dialed {
    pub redis: MultiplexedConnection,
    _task: Option<Rc<Task>>,
}

/// Ends the task of a connection when dropped.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects within `patience`. Call it within a `LocalSet`.
pub(super) async fn dial(client: &Client, settings: AsyncConnectionConfig, patience: Duration) -> RedisResult<Dialed> {
    let info = client.get_connection_info();
    let ConnectionAddr::Tcp(host, port) = info.addr() else {
        let settings = settings.set_connection_timeout(Some(patience));
        let redis = client.get_multiplexed_async_connection_with_config(&settings).await?;
        return Ok(Dialed { redis, _task: None });
    };
    let connecting = async {
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(info.tcp_settings().nodelay())?;
        let (redis, driver) = MultiplexedConnection::new_with_config(info.redis_settings(), stream, settings).await?;
        let task = tokio::task::spawn_local(driver).abort_handle();
        Ok(Dialed { redis, _task: Some(Rc::new(Task(task))) })
    };
    let late = |_| (ErrorKind::Io, "cannot connect", io::Error::from(io::ErrorKind::TimedOut).to_string()).into();
    timeout(patience, connecting).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}
