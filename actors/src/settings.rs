//! The configuration in the form that the actors need, parsed and checked by the binary.

use crate::access::{Reaches, Rules};
use crate::backend::{CursorLimits, SessionPolicy};
use crate::retention::{Retention, Shares, StreamRetention};
pub use crate::words::budgets::Budgets;
use crate::words::pacing::Pacing;
use hubwire_protocol::event::WelcomeLimits;
use hubwire_protocol::{Address, AddressPattern, Limits};
use std::sync::Arc;
use std::time::Duration;

/// Settings of one node. Shared by all its actors.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Label of the node, for people; not unique.
    pub node: String,
    /// Bounds of the decoders.
    pub limits: Limits,
    /// An unauthenticated socket is closed with 4408 after this.
    pub auth_timeout: Duration,
    /// A session is warned this long before its credentials expire; zero = never.
    pub expiry_warning: Duration,
    /// A WebSocket ping goes out this often (each session at its own offset of ±10 %).
    pub ping_interval: Duration,
    /// A session that was silent for this long after a ping is closed with 4001.
    pub pong_timeout: Duration,
    /// A session whose outbox makes no progress for this long is closed with 4101.
    pub stall_timeout: Duration,
    /// Outbox bound per session in bytes; the socket layer enforces it.
    pub outbox_bytes_max: usize,
    /// Actions of one session that may wait for the broker at once; further ones are refused with `overloaded`.
    pub in_flight_max: usize,
    /// Channels that a session may be in.
    pub channels_max: usize,
    /// Actions per second that a session may send on average; 0: no limit.
    pub actions_per_second: u32,
    /// Actions that a session may send at once above the average.
    pub actions_burst: u32,
    /// A session that sends twice its rate without a pause for this long is closed with 4429; zero = never.
    pub abuse_after: Duration,
    /// Budgets of users and organisations.
    pub budgets: Budgets,
    /// Malformed frames after which the socket is closed with 4400.
    pub bad_frames_max: u32,
    /// Wrong credentials that an address may try within a minute; 0: any number.
    pub wrong_credentials_max: u32,
    /// How long an idempotency key is remembered.
    pub idempotency_window: Duration,
    /// How much streams retain.
    pub retention: StreamRetention,
    /// Limits on stored cursors.
    pub cursors: CursorLimits,
    /// How many sessions a user may have.
    pub session_policy: SessionPolicy,
    /// The access rules at the start; [`crate::node::Node::rules`] has the present ones.
    pub rules: Rules,
    /// Which users a user may reach.
    pub reaches: Reaches,
    /// Contacts, invitations and blocks of a user in total, at most.
    pub people_max: usize,
    /// Persistent memberships of a user, at most; 0: none.
    pub persistent_max: usize,
    /// Longest snapshot of a channel, as JSON.
    pub snapshot_bytes_max: usize,
    /// How long a snapshot is kept after it was stored.
    pub snapshot_ttl: Duration,
    /// Publications in a `history` answer, at most.
    pub history_max: usize,
    /// Bytes read from a log at a time while a session catches up.
    pub catch_up_bytes: usize,
    /// Joins and leaves of a channel are announced together after this long.
    pub presence_delay: Duration,
    /// Channels in which each session is announced, in addition to users.
    pub announced: Vec<AddressPattern>,
    /// Most members that the answer to a join names; for more it has only their number.
    pub presence_members_max: usize,
    /// Number of users of a channel above which changes are announced as a count.
    pub presence_named_max: usize,
    /// Users per page of a presence answer.
    pub presence_page_max: usize,
    /// Longest presence state, as JSON.
    pub presence_state_bytes_max: usize,
    /// How long the profile of a user is kept after its last use; `None`: no profiles.
    pub profile_ttl: Option<Duration>,
    /// Whether the end of users' last sessions is recorded and shown.
    pub last_seen: bool,
    /// Whether members of organisations and teams are listed and announced.
    pub org_presence: bool,
    /// Users that a session may watch.
    pub watch_max: usize,
    /// How ephemeral actions are paced, by type.
    pub pacing: Pacing,
    /// A user whose last session in a channel ended has left unless one is back after this time.
    pub left_grace: Duration,
    /// The log has the lines of one session in this many, at debug.
    pub log_sample: u32,
    /// A node that does not renew its lease for this long is dead.
    pub lease: Duration,
    /// Seals messages between nodes; empty: no seal. The same on every node.
    pub cluster_secrets: ClusterSecrets,
    /// Session closes per second while draining, at most.
    pub drain_rate: u32,
    /// The value of `welcome.version`.
    pub version: &'static str,
}

impl Settings {
    /// Whether each session that joins or leaves a channel is announced there.
    pub(crate) fn announces_sessions(&self, channel: &Address) -> bool {
        self.announced.iter().any(|pattern| pattern.covers(channel))
    }

    /// A copy with other limits.
    pub(crate) fn with_limits(&self, limits: &SessionLimits) -> Settings {
        let SessionLimits { decoder, in_flight_max, channels_max, .. } = limits.clone();
        let SessionLimits { actions_per_second, actions_burst, abuse_after, .. } = *limits;
        let SessionLimits { bad_frames_max, wrong_credentials_max, .. } = *limits;
        Settings {
            limits: decoder,
            in_flight_max,
            channels_max,
            actions_per_second,
            actions_burst,
            abuse_after,
            bad_frames_max,
            wrong_credentials_max,
            ..self.clone()
        }
    }

    /// The limits that the welcome shows.
    pub(crate) fn shown_limits(&self) -> WelcomeLimits {
        WelcomeLimits {
            frame_bytes_max: self.limits.frame_bytes_max,
            actions_per_frame_max: self.limits.actions_max,
            in_flight_max: self.in_flight_max,
            channels_max: self.channels_max,
            history_max: self.history_max,
            actions_per_second: self.actions_per_second,
            actions_burst: self.actions_burst,
            type_bytes_max: self.limits.type_bytes_max,
            id_bytes_max: self.limits.id_bytes_max,
            idempotency_window_ms: self.idempotency_window.as_millis() as u64,
        }
    }
}

/// The limits of one session that a running node can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// See [`Settings`].
    pub decoder: Limits,
    /// See [`Settings`].
    pub in_flight_max: usize,
    /// See [`Settings`].
    pub channels_max: usize,
    /// See [`Settings`].
    pub actions_per_second: u32,
    /// See [`Settings`].
    pub actions_burst: u32,
    /// See [`Settings`].
    pub abuse_after: Duration,
    /// See [`Settings`].
    pub bad_frames_max: u32,
    /// See [`Settings`].
    pub wrong_credentials_max: u32,
}

/// Secrets that all nodes of a cluster share. Not printable.
#[derive(Clone, Default)]
pub struct ClusterSecrets(pub Vec<String>);

impl std::fmt::Debug for ClusterSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Default for Settings {
    fn default() -> Self {
        let keep = |count, hours: u64, mebibytes: usize| Retention {
            count,
            age: Duration::from_secs(hours * 3600),
            bytes: mebibytes << 20,
        };
        Settings {
            node: "node".into(),
            limits: Limits::default(),
            auth_timeout: Duration::from_secs(5),
            expiry_warning: Duration::from_secs(60),
            ping_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            outbox_bytes_max: 64 * 1024,
            in_flight_max: 256,
            channels_max: 100,
            actions_per_second: 200,
            actions_burst: 1000,
            abuse_after: Duration::from_secs(60),
            budgets: Budgets::default(),
            bad_frames_max: 20,
            wrong_credentials_max: 60,
            idempotency_window: Duration::from_secs(120),
            retention: StreamRetention {
                user: keep(1000, 7 * 24, 8),
                org: keep(1000, 24, 16),
                team: keep(1000, 24, 16),
                channel: keep(1000, 24, 16),
                rules: Arc::default(),
                shares: Shares { sender: 25, org: 50 },
            },
            cursors: CursorLimits::default(),
            session_policy: SessionPolicy { max_sessions: 32, close_oldest: true },
            rules: Rules::default(),
            reaches: Reaches::default(),
            people_max: 2000,
            persistent_max: 0,
            history_max: 100,
            snapshot_bytes_max: 65_536,
            snapshot_ttl: Duration::from_secs(7 * 24 * 3600),
            catch_up_bytes: 32 * 1024,
            presence_delay: Duration::from_millis(100),
            announced: Vec::new(),
            presence_members_max: 100,
            presence_named_max: 1000,
            presence_state_bytes_max: 1024,
            profile_ttl: Some(Duration::from_secs(90 * 24 * 3600)),
            last_seen: false,
            org_presence: false,
            watch_max: 200,
            presence_page_max: 1000,
            pacing: Pacing::default(),
            left_grace: Duration::from_secs(5),
            log_sample: 1,
            lease: Duration::from_secs(5),
            cluster_secrets: ClusterSecrets::default(),
            drain_rate: 500,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
