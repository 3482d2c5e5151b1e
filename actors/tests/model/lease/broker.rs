//! What the broker knows of the two nodes and their sessions: `renew.lua`, `claim.lua`, `routes.lua`, `index.lua`.

/// A lease, in ticks of the broker's clock.
pub const LEASE: u8 = 2;
/// How long after its lease a node is left alone.
const GRACE: u8 = 1;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Broker {
    deadlines: [Option<u8>; 2],
    pub reaping: [bool; 2],
    /// A reaped incarnation writes no index entries any more.
    fences: [bool; 2],
    pub index: [bool; 2],
    pub routes: [bool; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    Extended,
    /// It was not known: the broker lost its data.
    Created,
    Reaped,
}

impl Broker {
    /// Both nodes just got their leases.
    pub fn fresh() -> Broker {
        Broker { deadlines: [Some(LEASE); 2], ..Broker::default() }
    }

    pub fn is_live(&self, node: usize, now: u8) -> bool {
        self.deadlines[node].is_some_and(|deadline| deadline > now)
    }

    /// The live set as a node sees it, which counts itself in.
    pub fn live(&self, node: usize, now: u8) -> [bool; 2] {
        [0, 1].map(|at| at == node || self.is_live(at, now))
    }

    pub fn is_expired(&self, node: usize, now: u8) -> bool {
        self.reaping[node] || self.deadlines[node].is_some_and(|deadline| deadline + GRACE <= now)
    }

    pub fn is_fenced(&self, node: usize) -> bool {
        self.fences[node]
    }

    pub fn renew(&mut self, node: usize, now: u8) -> Renewed {
        let known = self.deadlines[node].is_some();
        if self.reaping[node] || !known && self.fences[node] {
            return Renewed::Reaped;
        }
        self.deadlines[node] = Some(now + LEASE);
        if known {
            Renewed::Extended
        } else {
            Renewed::Created
        }
    }

    /// Takes an expired incarnation away for good. False when it is alive after all, or nothing is known of it.
    pub fn claim(&mut self, node: usize, now: u8) -> bool {
        let expired = self.deadlines[node].is_some_and(|deadline| deadline <= now);
        if expired {
            self.deadlines[node] = None;
            self.reaping[node] = true;
            self.fences[node] = true;
        }
        expired
    }

    pub fn index_entry(&mut self, node: usize) -> bool {
        self.index[node] |= !self.fences[node];
        !self.fences[node]
    }
}
