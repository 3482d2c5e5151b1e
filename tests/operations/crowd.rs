//! Roamers on a thread of their own, so that they go on while a test waits for a process.

use crate::roamer::Roamer;
use crate::workload::Workload;
use std::collections::BTreeMap;
use tokio::task::AbortHandle;

/// See the module. Their sockets are cut with the value.
pub struct Crowd {
    roamers: BTreeMap<String, (Roamer, AbortHandle)>,
    workload: Workload,
}

impl Crowd {
    /// Nobody.
    pub fn new() -> Self {
        Crowd { roamers: BTreeMap::new(), workload: Workload::start() }
    }

    /// Sends users to a URL and into a channel.
    pub fn send(&mut self, url: &str, users: impl IntoIterator<Item = String>, channel: Option<&'static str>) {
        for user in users {
            let roamer = Roamer::new(url, &user, channel);
            let task = self.workload.handle().spawn(roamer.clone().run());
            self.roamers.insert(user, (roamer, task.abort_handle()));
        }
    }

    /// One of them.
    pub fn of(&self, user: &str) -> &Roamer {
        &self.roamers[user].0
    }

    /// All that are not gone.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Roamer)> {
        let here = self.roamers.iter().filter(|(_, (_, task))| !task.is_finished());
        here.map(|(user, (roamer, _))| (user.as_str(), roamer))
    }

    /// Everybody is connected and resumed.
    pub fn is_settled(&self) -> bool {
        self.all().all(|(_, roamer)| roamer.look(|seen| seen.settled))
    }

    /// Cuts the socket of a user, who does not come back.
    pub async fn lose(&self, user: &str) {
        let task = &self.roamers[user].1;
        task.abort();
        assert_eventually!(task.is_finished());
    }
}
