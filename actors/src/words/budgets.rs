//! Budgets and rates of users, organisations and client addresses.

use super::action_class::Rates;
use std::time::Duration;

/// Budgets of a user and an organisation. 0: unlimited.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    /// Deliveries per second that the publications of one user may cause on one node, on average.
    pub deliveries_per_second: u32,
    /// Deliveries they may cause at once; at least a second's.
    pub deliveries_burst: u64,
    /// Bytes a user may store within the window.
    pub user_bytes_max: u64,
    /// Bytes an organisation may store within the window.
    pub org_bytes_max: u64,
    /// Sessions of an organisation on one node.
    pub org_sessions_max: usize,
    /// Rates of a user, by class of action.
    pub user_rates: Rates,
    /// Rates of all users of an organisation together.
    pub org_rates: Rates,
    /// Rates of all users at a client address together.
    pub address_rates: Rates,
    /// Stored bytes no longer count after this time.
    pub window: Duration,
}

impl Budgets {
    /// Whether there is any limit.
    pub fn are_set(&self) -> bool {
        self.deliveries_per_second > 0 || self.user_bytes_max > 0 || self.org_bytes_max > 0
    }
}

/// The default rates of a user.
pub const USER_RATES: &[&str] = &[
    "publish=400/4000",
    "direct=400/4000",
    "join=200/5000",
    "presence=200/2000",
    "history=200/2000",
    "profile=1/64",
    "rpc=100/1000",
];
/// The default rates of an organisation.
pub const ORG_RATES: &[&str] = &[
    "publish=5000/50000",
    "direct=5000/50000",
    "join=10000/100000",
    "presence=5000/50000",
    "history=5000/50000",
    "profile=100/5000",
    "rpc=5000/50000",
];
/// The default rates of a client address: an office is as busy as an organisation.
pub const ADDRESS_RATES: &[&str] = ORG_RATES;

/// Parses constants within the grammar, as a test of the configuration proves.
fn read_rates(entries: &[&str]) -> Rates {
    Rates::read(entries.iter().copied()).unwrap_or_default()
}

impl Default for Budgets {
    fn default() -> Self {
        Budgets {
            deliveries_per_second: 50_000,
            deliveries_burst: 100_000,
            user_bytes_max: 64 << 20,
            org_bytes_max: 4 << 30,
            org_sessions_max: 0,
            user_rates: read_rates(USER_RATES),
            org_rates: read_rates(ORG_RATES),
            address_rates: read_rates(ADDRESS_RATES),
            window: Duration::from_secs(3600),
        }
    }
}
