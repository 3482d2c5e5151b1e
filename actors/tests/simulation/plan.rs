//! What a seed stands for.

use crate::chance::chance;
use crate::fault::Kinds;
use crate::link::Manners;
use crate::stage::Pace;
use hubwire_actors::backend::Retention;
use hubwire_actors::retention::StreamRetention;
use hubwire_actors::settings::Settings;
use rand::rngs::StdRng;
use rand::Rng;
use std::time::Duration;

/// A run before it begins.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub nodes: usize,
    pub users: usize,
    /// The first so many users have a second device.
    pub second_devices: usize,
    pub pace: Pace,
    /// How long things go wrong.
    pub chaos: Duration,
    /// Between two faults, at most.
    pub fault_every: Duration,
    pub kinds: Kinds,
    pub manners: Manners,
    /// How many publications a stream remembers.
    pub retention: usize,
    pub outbox_bytes: usize,
}

impl Plan {
    /// The plan of a seed: not only when things go wrong is drawn, but also which things do, and how often.
    pub fn of(seed: u64) -> Plan {
        let mut chance = chance(seed, "plan");
        let kinds =
            one_of(&mut chance, &[Kinds::Kept, Kinds::Kept, Kinds::Kept, Kinds::Kept, Kinds::Wiped, Kinds::FailedOver]);
        Plan {
            seed,
            nodes: one_of(&mut chance, &[2, 3, 3, 3, 5]),
            users: chance.random_range(3..7),
            second_devices: chance.random_range(1..3),
            pace: Pace {
                send: Duration::from_millis(one_of(&mut chance, &[250, 800, 2000])),
                turn: Duration::from_millis(one_of(&mut chance, &[500, 3000, 10_000])),
            },
            chaos: Duration::from_secs(one_of(&mut chance, &[5, 10, 20])),
            fault_every: Duration::from_millis(one_of(&mut chance, &[700, 2500, 6000])),
            kinds,
            manners: Manners {
                delay_ms: one_of(&mut chance, &[0, 2, 2, 10]),
                hiccup_ms: one_of(&mut chance, &[30, 300, 3000]),
                hiccups: one_of(&mut chance, &[0, 10, 50]),
                lost_calls: one_of(&mut chance, &[0, 0, 5, 30]),
                lost_answers: one_of(&mut chance, &[0, 0, 5, 30]),
                lost_notes: one_of(&mut chance, &[0, 5, 50, 300]),
                late_notes: one_of(&mut chance, &[0, 5, 50]),
                doubled_notes: one_of(&mut chance, &[0, 5, 50]),
            },
            retention: one_of(&mut chance, &[1000, 1000, 30]),
            outbox_bytes: one_of(&mut chance, &[64 * 1024, 4 * 1024]),
        }
    }

    /// Five nodes with a little traffic and a fault now and then, for some time.
    pub fn long(chaos: Duration) -> Plan {
        let seconds = Duration::from_secs;
        let pace = Pace { send: seconds(20), turn: seconds(120) };
        let manners = Manners { delay_ms: 2, hiccup_ms: 300, hiccups: 5, lost_notes: 20, ..Manners::default() };
        Plan { nodes: 5, pace, chaos, fault_every: seconds(60), kinds: Kinds::Kept, manners, ..Plan::of(0) }
    }

    /// How its links behave when nothing goes wrong.
    pub fn calm(&self) -> Manners {
        Manners { delay_ms: self.manners.delay_ms, ..Manners::default() }
    }

    pub fn settings(&self) -> Settings {
        let keep = Retention { count: self.retention, age: Duration::from_secs(24 * 3600), bytes: 1 << 24 };
        Settings {
            retention: StreamRetention {
                user: keep,
                org: keep,
                team: keep,
                channel: keep,
                rules: Default::default(),
                shares: Default::default(),
            },
            outbox_bytes_max: self.outbox_bytes,
            ..Settings::default()
        }
    }

    /// The devices, as `<user>/<device>`.
    pub fn devices(&self) -> Vec<String> {
        let first = (0..self.users).map(|user| format!("u{user}/1"));
        first.chain((0..self.second_devices.min(self.users)).map(|user| format!("u{user}/2"))).collect()
    }
}

fn one_of<T: Copy>(chance: &mut StdRng, them: &[T]) -> T {
    them[chance.random_range(0..them.len())]
}
