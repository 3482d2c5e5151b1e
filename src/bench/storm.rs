//! `storm`: a share of a channel's members loses the connection at once and reconnects. The announcements for the
//! others should depend on the number of changes, not of members.

use super::connection::Connection;
use super::error::BenchError;
use super::latency::Latency;
use super::report::Report;
use super::stop::Stop;
use super::target::Target;
use super::wire::Arrived;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::ReadBuffer;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, Instant};

/// After this time without announcements, the initial joins are complete: they are collected for less than that.
const OPENED: Duration = Duration::from_secs(1);
/// After this time without announcements, the storm is over: it is longer than the default `presence.left_grace_ms`,
/// after which a user that has not come back is announced as left.
const OVER: Duration = Duration::from_secs(6);
/// Interval of that check.
const LOOK: Duration = Duration::from_millis(100);

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Storm {
    /// Members of the channel.
    pub connections: usize,
    /// The percentage that loses the connection.
    pub percent: usize,
    /// How long they stay away.
    pub away: Duration,
    /// Sessions that reconnect at once.
    pub concurrency: usize,
}

/// Announcements that the remaining members received.
#[derive(Default)]
struct Heard {
    actions: Cell<u64>,
    users: Cell<u64>,
    last: Cell<Option<Instant>>,
}

impl Heard {
    fn note(&self, arrived: &Arrived<'_>, now: Instant) {
        let is_about_members = matches!(&*arrived.kind, "@@hub/joined" | "@@hub/left" | "@@hub/changed");
        if is_about_members && arrived.meta.hub.re.is_none() {
            self.actions.set(self.actions.get() + 1);
            let named = arrived.payload.as_ref().map_or(0, |payload| payload.users.len() + payload.members.len());
            self.users.set(self.users.get() + named as u64);
            self.last.set(Some(now));
        }
    }

    /// Waits for a period without announcements.
    async fn quiet(&self, long: Duration) {
        let begun = Instant::now();
        while self.last.get().unwrap_or(begun).max(begun).elapsed() < long {
            sleep(LOOK).await;
        }
    }
}

impl Storm {
    /// Runs it.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        let Storm { connections, percent, away, concurrency } = *self;
        target.check_descriptors(connections)?;
        let leaving = connections * percent / 100;
        let settings = json!({
            "connections": connections, "percent": percent, "away_s": away.as_secs_f64(), "concurrency": concurrency,
        });
        let title = format_args!("{leaving} of {connections} members lose the connection for {} s", away.as_secs_f64());
        let mut report = Report::new("storm", settings, title);
        let (buffer, heard) = (ReadBuffer::default(), Rc::new(Heard::default()));
        let cut = Rc::new(Notify::new());
        let opening = self.open_all(target, stop, &buffer, leaving, &heard, &cut);
        if stop.or(opening).await.transpose()?.is_none() {
            return Ok(report.end(stop));
        }
        target.progress(|| format!("{connections} are in the channel; {leaving} lose the connection"));
        let (before, actions, users) = (target.processes.usage()?, heard.actions.get(), heard.users.get());
        cut.notify_waiters();
        let latency = RefCell::new(Latency::default());
        let returning = async {
            sleep(away).await;
            self.come_back(target, stop, &buffer, leaving, &latency).await?;
            heard.quiet(OVER).await;
            Ok(())
        };
        if let Some(Err(error)) = stop.or(returning).await {
            stop.fail(error);
        }
        let (actions, users) = (heard.actions.get() - actions, heard.users.get() - users);
        let stayed = (connections - leaving) as f64;
        report.add("left", json!(leaving));
        report.add("actions", json!(actions));
        report.add("actions_per_member", json!(actions as f64 / stayed));
        report.add("users_per_member", json!(users as f64 / stayed));
        let per_member = format!("{:.1} actions naming {:.1} users", actions as f64 / stayed, users as f64 / stayed);
        report.line("announced", format!("{per_member} to each of {stayed} members"));
        report.latency("return_us", "return", &latency.into_inner());
        report.cpu("cpu_us_per_member", "member that went", before, target.processes.usage()?, leaving as u64);
        Ok(report.end(stop))
    }

    /// All members join. Those with the first indexes end with `cut`, the others stay and receive.
    async fn open_all(
        &self,
        target: &Target,
        stop: &Stop,
        buffer: &ReadBuffer,
        leaving: usize,
        heard: &Rc<Heard>,
        cut: &Rc<Notify>,
    ) -> Result<(), BenchError> {
        let opening = stream::iter(0..self.connections).map(|index| async move {
            let (mut connection, _) = Connection::open(target, index, buffer).await?;
            connection.join_presence(&target.channel(0)).await?;
            let (heard, cut) = (heard.clone(), cut.clone());
            tokio::task::spawn_local(stop.clone().guard(async move {
                let stays = index >= leaving;
                let ended = cut.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                loop {
                    tokio::select! {
                        () = &mut ended, if !stays => break,
                        read = connection.read(|arrived, now| if stays { heard.note(arrived, now) }) => read?,
                    }
                }
                connection.cut();
                Ok(())
            }));
            Ok::<_, BenchError>(())
        });
        opening.buffer_unordered(self.concurrency).try_collect::<()>().await?;
        heard.quiet(OPENED).await;
        Ok(())
    }

    async fn come_back(
        &self,
        target: &Target,
        stop: &Stop,
        buffer: &ReadBuffer,
        leaving: usize,
        latency: &RefCell<Latency>,
    ) -> Result<(), BenchError> {
        let returning = stream::iter(0..leaving).map(|index| async move {
            let begun = Instant::now();
            // on the next node, if there are several
            let (mut connection, _) = Connection::open_at(target, index + 1, index, buffer).await?;
            connection.join_presence(&target.channel(0)).await?;
            latency.borrow_mut().record(begun.elapsed());
            tokio::task::spawn_local(stop.clone().guard(async move {
                loop {
                    connection.read(|_, _| {}).await?;
                }
            }));
            Ok(())
        });
        returning.buffer_unordered(self.concurrency).try_collect().await
    }
}
