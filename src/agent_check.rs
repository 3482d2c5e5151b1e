//! The agent protocol of HAProxy ("agent-check" in its manual): the answer to each connection is one line. While the
//! node drains, HAProxy then sends it no new clients, and leaves its present ones alone.

use crate::http::{unready, HttpState};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Checks answered at a time; further connections are closed, and HAProxy asks again.
const ASKED_MAX: usize = 16;
/// Time limit for writing an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers until the process ends.
///
/// # Errors
/// When the listener cannot be used.
pub(crate) fn serve(listener: TcpListener, state: HttpState) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let free = Arc::new(Semaphore::new(ASKED_MAX));
    actix_rt::spawn(async move {
        loop {
            let Ok((socket, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await; // no descriptor is free
                continue;
            };
            if let Ok(place) = free.clone().try_acquire_owned() {
                let state = state.clone();
                actix_rt::spawn(async move {
                    answer(socket, &state).await;
                    drop(place);
                });
            }
        }
    });
    Ok(())
}

async fn answer(mut socket: TcpStream, state: &HttpState) {
    let word = word(state).await;
    let said = async {
        socket.write_all(word.as_bytes()).await?;
        socket.shutdown().await
    };
    // a balancer that has closed the connection asks again
    let _ = tokio::time::timeout(WRITE_TIMEOUT, said).await;
}

async fn word(state: &HttpState) -> &'static str {
    if state.drain.is_begun() {
        return "drain\n";
    }
    match unready(state).await.is_empty() {
        // both: `ready` undoes a former `drain`, `up` a former `down`
        true => "up ready\n",
        false => "down\n",
    }
}
