//! The scenarios of `hubwire bench` and their arguments.

use super::load::{rate, seconds, LoadArguments};
use super::{interruptible, TargetArguments};
use crate::bench::{
    BenchError, Churn, Connect, Direct, Fanout, Load, Pace, Report, Resume, Rooms, Storm, Target, Views,
};
use clap::{Args, Subcommand};
use std::time::Duration;

/// The kind of load.
#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// Channels with many members.
    Fanout(FanoutArguments),
    /// Direct messages between pairs of users, on different nodes when there are several.
    Direct(DirectArguments),
    /// Sessions that open, authenticate and join, and then rest.
    Connect(ConnectArguments),
    /// Sessions that connect and leave, while others stay and must not miss anything.
    Churn(ChurnArguments),
    /// Sessions that all lose their connections, and resume.
    Resume(ResumeArguments),
    /// Sessions that change from view to view.
    Views(ViewsArguments),
    /// A share of a channel's members that loses the connection at once and reconnects.
    Storm(StormArguments),
}

/// Arguments of `fanout`.
#[derive(Debug, Args)]
pub struct FanoutArguments {
    /// Members of all channels together.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = some)]
    connections: usize,
    /// Channels.
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = some)]
    rooms: usize,
    /// Senders, each to all channels in turn.
    #[arg(long, value_name = "P", default_value_t = 1, value_parser = some)]
    publishers: usize,
    #[command(flatten)]
    load: LoadArguments,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `direct`.
#[derive(Debug, Args)]
pub struct DirectArguments {
    /// Senders, each with a receiver of its own.
    #[arg(long, value_name = "P", default_value_t = 10, value_parser = some)]
    pairs: usize,
    #[command(flatten)]
    load: LoadArguments,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `connect`.
#[derive(Debug, Args)]
pub struct ConnectArguments {
    /// Sessions.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = some)]
    connections: usize,
    /// Channels; sessions join them in turn.
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = some)]
    rooms: usize,
    /// Sessions that open at once.
    #[arg(long, value_name = "C", default_value_t = 64, value_parser = some)]
    concurrency: usize,
    /// How long they stay once all are open, in seconds.
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    hold: Duration,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `churn`.
#[derive(Debug, Args)]
pub struct ChurnArguments {
    /// Sessions that stay.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = some)]
    connections: usize,
    /// Channels.
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = some)]
    rooms: usize,
    /// Sessions that connect per second.
    #[arg(long, value_name = "C", default_value = "100", value_parser = rate)]
    rate: f64,
    /// How long each of them stays, in seconds.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    life: Duration,
    /// Publications per second meanwhile.
    #[arg(long, value_name = "P", default_value = "50", value_parser = rate)]
    publish_rate: f64,
    /// Bytes of a payload, as JSON.
    #[arg(long, value_name = "B", default_value_t = 128)]
    size: usize,
    /// How long the run lasts, in seconds.
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    seconds: Duration,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// Sessions.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = some)]
    connections: usize,
    /// Channels.
    #[arg(long, value_name = "R", default_value_t = 10, value_parser = some)]
    rooms: usize,
    /// Publications each session misses.
    #[arg(long, value_name = "M", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// Bytes of a payload, as JSON.
    #[arg(long, value_name = "B", default_value_t = 128)]
    size: usize,
    /// Sessions that come back at once.
    #[arg(long, value_name = "C", default_value_t = 256, value_parser = some)]
    concurrency: usize,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `views`.
#[derive(Debug, Args)]
pub struct ViewsArguments {
    /// Sessions.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = some)]
    connections: usize,
    /// Channels; sessions view them in turn.
    #[arg(long, value_name = "R", default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..))]
    rooms: u32,
    /// Changes of all sessions together.
    #[arg(long, value_name = "C", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    changes: u64,
    #[command(flatten)]
    target: TargetArguments,
}

/// Arguments of `storm`.
#[derive(Debug, Args)]
pub struct StormArguments {
    /// Members of the channel.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..))]
    connections: u32,
    /// The percentage of them that loses the connection.
    #[arg(long, value_name = "P", default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..100))]
    percent: u8,
    /// How long they stay away, in seconds.
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    away: Duration,
    /// Sessions that come back at once.
    #[arg(long, value_name = "C", default_value_t = 256, value_parser = some)]
    concurrency: usize,
    #[command(flatten)]
    target: TargetArguments,
}

impl Scenario {
    /// The target of the load.
    pub fn target(&self) -> &TargetArguments {
        match self {
            Scenario::Fanout(it) => &it.target,
            Scenario::Direct(it) => &it.target,
            Scenario::Connect(it) => &it.target,
            Scenario::Churn(it) => &it.target,
            Scenario::Resume(it) => &it.target,
            Scenario::Views(it) => &it.target,
            Scenario::Storm(it) => &it.target,
        }
    }

    /// Runs it.
    pub async fn run(self, target: Target) -> Result<Report, BenchError> {
        match self {
            Scenario::Fanout(it) => {
                let rooms = Rooms { members: it.connections, rooms: it.rooms, publishers: it.publishers };
                let fanout = Fanout { rooms, load: it.load.build() };
                interruptible(|target, stop| async move { fanout.run(&target, &stop).await }, target).await
            }
            Scenario::Direct(it) => {
                let direct = Direct { pairs: it.pairs, load: it.load.build() };
                interruptible(|target, stop| async move { direct.run(&target, &stop).await }, target).await
            }
            Scenario::Connect(it) => {
                let ConnectArguments { connections, rooms, concurrency, hold, .. } = it;
                let connect = Connect { connections, rooms, concurrency, hold };
                interruptible(|target, stop| async move { connect.run(&target, &stop).await }, target).await
            }
            Scenario::Churn(it) => {
                let rooms = Rooms { members: it.connections, rooms: it.rooms, publishers: 1 };
                let (pace, duration) = (Pace::Rate(it.publish_rate), Some(it.seconds));
                let load = Load { messages: None, duration, pace, size: it.size, ack: false };
                let churn = Churn { rooms, load, rate: it.rate, life: it.life };
                interruptible(|target, stop| async move { churn.run(&target, &stop).await }, target).await
            }
            Scenario::Resume(it) => {
                let rooms = Rooms { members: it.connections, rooms: it.rooms, publishers: 1 };
                let messages = Some(it.messages.saturating_mul(it.rooms as u64));
                let load = Load { messages, duration: None, pace: Pace::Window(32), size: it.size, ack: true };
                let resume = Resume { rooms, load, concurrency: it.concurrency };
                interruptible(|target, stop| async move { resume.run(&target, &stop).await }, target).await
            }
            Scenario::Views(it) => {
                let views = Views { connections: it.connections, rooms: it.rooms as usize, changes: it.changes };
                interruptible(|target, stop| async move { views.run(&target, &stop).await }, target).await
            }
            Scenario::Storm(it) => {
                let (connections, percent) = (it.connections as usize, it.percent.into());
                let storm = Storm { connections, percent, away: it.away, concurrency: it.concurrency };
                interruptible(|target, stop| async move { storm.run(&target, &stop).await }, target).await
            }
        }
    }
}

/// Parses a number of at least one.
fn some(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(count) => Ok(count),
        Err(error) => Err(error.to_string()),
    }
}
