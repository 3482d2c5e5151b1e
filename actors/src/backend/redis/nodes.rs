//! Leases of incarnations, and the reaping of expired ones.

use super::super::*;
use super::command::ms;
use super::command::Command;
use super::route::{EntryRoute, Indexed};
use super::tenant::Apart;
use super::{reply, RedisBackend, RedisCore};
use hubwire_protocol::{Address, Incarnation, UserId};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How long a reaped incarnation may not write routes: longer than any call can be in flight.
const FENCE_TTL: Duration = Duration::from_secs(24 * 3600);
/// Routes that are read at a time.
const SCAN: usize = 1000;
/// How long the lock of a crashed reaper keeps others from reaping.
const REAPER_TTL: Duration = Duration::from_secs(10);

impl Leases for RedisBackend {
    fn renew_lease(&self, ttl: Duration) -> Reply<Lease> {
        self.core.renew_lease(ttl)
    }

    fn renewal(&self) -> Renewal {
        let wires = &self.core.wires;
        let apart = Apart {
            config: wires.config.clone(),
            environment: wires.environment.clone(),
            incarnation: self.core.incarnation,
            takeovers: Arc::clone(&wires.takeovers),
            stats: Arc::clone(&wires.stats),
        };
        Renewal::Apart(Box::new(move || apart.connect()))
    }

    fn live(&self) -> Reply<Live> {
        self.core.live()
    }

    fn expired(&self, grace: Duration) -> Reply<Vec<Incarnation>> {
        self.core.expired(grace)
    }

    fn reap(&self, expired: Incarnation, live: Vec<Incarnation>, limit: usize, grace: Duration) -> Reply<Reaped> {
        self.core.reap(expired, live, limit, grace)
    }

    fn set_label(&self, label: String) -> Reply<()> {
        self.core.set_label(&label)
    }

    fn leases(&self) -> Reply<Vec<(Incarnation, Duration)>> {
        self.core.leases()
    }

    fn labels(&self, incarnations: Vec<Incarnation>) -> Reply<Vec<Option<String>>> {
        self.core.labels(&incarnations)
    }

    fn release_lease(&self) -> Reply<()> {
        self.core.release_lease()
    }
}

impl RedisCore {
    pub(super) fn renew_lease(self: &Rc<Self>, ttl: Duration) -> Reply<Lease> {
        self.spawn(move |core| async move { core.tenant.renew(ttl).await })
    }

    pub(super) fn placed(self: &Rc<Self>) -> Reply<Vec<Placement>> {
        self.spawn(move |core| async move {
            let (mut placed, mut cursor) = (Vec::new(), "0".to_owned());
            loop {
                let scan = Command::on("HSCAN", &core.keys.index(core.incarnation)).arg(&cursor).arg("COUNT").arg(SCAN);
                let [next, fields] = reply::array("scan", core.query(scan).await?)?;
                let indexed = indexed(fields)?;
                placed.extend(indexed.iter().filter_map(|it| it.route(core.incarnation)).map(Placement::from));
                cursor = reply::value("cursor", next)?;
                if cursor == "0" {
                    return Ok(placed);
                }
            }
        })
    }

    pub(super) fn release_lease(self: &Rc<Self>) -> Reply<()> {
        let call = self.wires.scripts.release.call(&[self.keys.leases()]).arg(self.incarnation.to_string());
        self.ask(call, |_| Ok(()))
    }

    pub(super) fn set_label(self: &Rc<Self>, label: &str) -> Reply<()> {
        let call = Command::on("HSET", &self.keys.labels()).arg(self.incarnation.to_string()).arg(label);
        self.ask(call, |_| Ok(()))
    }

    pub(super) fn labels(self: &Rc<Self>, incarnations: &[Incarnation]) -> Reply<Vec<Option<String>>> {
        if incarnations.is_empty() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let call = Command::on("HMGET", &self.keys.labels());
        let call = incarnations.iter().fold(call, |call, incarnation| call.arg(incarnation.to_string()));
        self.ask(call, |answer| reply::value("labels", answer))
    }

    pub(super) fn live(self: &Rc<Self>) -> Reply<Live> {
        self.spawn(|core| async move { core.live_nodes().await })
    }

    pub(super) async fn live_nodes(&self) -> Result<Live, BackendError> {
        let [leases, reaping] = self.lease_keys();
        let names = [leases, reaping, self.keys.denylist_version(), self.keys.terms()];
        let call = self.wires.scripts.nodes.call(&names);
        let [denylist, nodes, said] = reply::array("live set", self.query(call).await?)?;
        let names: Vec<String> = reply::value("live set", nodes)?;
        let said: Vec<Option<String>> = reply::value("terms", said)?;
        // an entry that is no incarnation is skipped, so that it does not hide the others
        let nodes = || names.iter().map(|name| name.parse::<Incarnation>());
        Ok(Live {
            nodes: nodes().filter_map(Result::ok).collect(),
            terms: nodes().zip(&said).filter_map(|(node, said)| terms(node.ok()?, said.as_deref()?)).collect(),
            denylist: reply::parsed("version of the denylist", denylist)?,
        })
    }

    pub(super) fn leases(self: &Rc<Self>) -> Reply<Vec<(Incarnation, Duration)>> {
        let call = self.wires.scripts.nodes.call(&self.lease_keys()).arg("left");
        self.ask(call, |answer| {
            let left: Vec<(String, u64)> = reply::value("leases", answer)?;
            let lease = |(incarnation, ms): (String, u64)| {
                let incarnation = incarnation.parse().map_err(|_| reply::unexpected("incarnation"))?;
                Ok((incarnation, Duration::from_millis(ms)))
            };
            left.into_iter().map(lease).collect()
        })
    }

    pub(super) fn expired(self: &Rc<Self>, grace: Duration) -> Reply<Vec<Incarnation>> {
        let call = self.wires.scripts.nodes.call(&self.lease_keys()).arg(ms(grace));
        self.ask(call, |answer| reply::parsed_list("incarnation", answer))
    }

    /// Fence, lock, remove, forget. Each step may be repeated, by this node or by another one after a crash.
    pub(super) fn reap(
        self: &Rc<Self>,
        expired: Incarnation,
        live: Vec<Incarnation>,
        limit: usize,
        grace: Duration,
    ) -> Reply<Reaped> {
        self.spawn(move |core| async move {
            let claim = core.wires.scripts.claim.call(&core.lease_keys()).arg(expired.to_string());
            match core.query(claim).await.and_then(|answer| reply::value::<i64>("claim", answer))? {
                0 => return Ok(Reaped { locked: true, ..Reaped::default() }),
                1 => {}
                _ => return Ok(Reaped { done: true, ..Reaped::default() }),
            }
            let Some(routes) = core.lock_routes(expired, limit).await? else {
                return Ok(Reaped { locked: true, ..Reaped::default() });
            };
            let (mut reaped, removed) = core.remove_routes(expired, routes, &live, grace).await?;
            let names = [core.keys.index(expired), core.keys.reaper(expired)];
            let forget = core.wires.scripts.reaped.call(&names);
            let forget =
                removed.into_iter().fold(forget, |forget, Indexed { field, place }| forget.arg(field).arg(place));
            reaped.done = core.query(forget).await.and_then(|answer| reply::flag("flag", answer))?;
            if reaped.done {
                let name = expired.to_string();
                let unlabel = Command::on("HDEL", &core.keys.labels()).arg(&name);
                let forget = Command::on("HDEL", &core.keys.terms()).arg(&name);
                core.in_order([unlabel, forget, Command::on("ZREM", &core.keys.reaping()).arg(&name)]).await?;
            }
            Ok(reaped)
        })
    }

    /// Some routes of an incarnation; `None` while another node reaps it.
    async fn lock_routes(&self, expired: Incarnation, limit: usize) -> Result<Option<Vec<Indexed>>, BackendError> {
        let names = [self.keys.index(expired), self.keys.fence(expired), self.keys.reaper(expired)];
        let call = self.wires.scripts.routes.call(&names);
        let call = call.arg(self.incarnation.to_string()).arg(limit.max(1)).arg(ms(FENCE_TTL)).arg(ms(REAPER_TTL));
        match self.query(call).await? {
            ::redis::Value::Nil => Ok(None),
            fields => {
                let mut routes = indexed(fields)?;
                // a session in many channels is removed in several steps
                routes.truncate(limit.max(1));
                Ok(Some(routes))
            }
        }
    }

    /// Removes routes, and returns those that were removed. Routes of a server that does not answer are left for the
    /// next step.
    async fn remove_routes(
        self: &Rc<Self>,
        expired: Incarnation,
        indexed: Vec<Indexed>,
        live: &[Incarnation],
        grace: Duration,
    ) -> Result<(Reaped, Vec<Indexed>), BackendError> {
        let routes: Vec<Option<EntryRoute>> = indexed.iter().map(|it| it.route(expired)).collect();
        let memberships: Vec<(&Address, &UserId)> =
            routes.iter().flatten().filter_map(EntryRoute::membership).collect();
        if !memberships.is_empty() {
            self.query(self.put_off(grace, memberships.into_iter())).await?;
        }
        let commands: Vec<Command> = routes.iter().flatten().map(|route| self.remove(route, grace, live)).collect();
        let commands: Vec<&Command> = commands.iter().collect();
        let mut answers = self.wires.send(super::wires::Wire::Query, &commands).await.into_iter();
        let mut reaped = Reaped::default();
        let mut removed = Vec::new();
        let mut fault = None;
        for (indexed, route) in indexed.into_iter().zip(routes) {
            // an entry that is no route would be found again on every scan
            let Some(route) = route else {
                removed.push(indexed);
                continue;
            };
            match answers.next() {
                Some(Ok(answer)) => {
                    self.heed(Ok::<_, BackendError>(answer))?;
                    removed.push(indexed);
                    reaped.sessions += usize::from(matches!(route, EntryRoute::Session { .. }));
                }
                Some(Err(error)) => fault = Some(error),
                None => {}
            }
        }
        match fault {
            Some(fault) if removed.is_empty() => Err(fault.into()),
            _ => Ok((reaped, removed)),
        }
    }

    fn lease_keys(&self) -> [String; 2] {
        self.keys.of_leases()
    }
}

/// Parses the terms of a node; `None` if they cannot be read.
fn terms(node: Incarnation, said: &str) -> Option<Terms> {
    let mut words = said.split(' ');
    let version = words.next()?.parse().ok()?;
    // a newer node may say more
    Some(Terms { node, version, lease: Duration::from_millis(words.next()?.parse().ok()?) })
}

/// Parses the fields and values of an index.
fn indexed(fields: ::redis::Value) -> Result<Vec<Indexed>, BackendError> {
    let fields: Vec<(Vec<u8>, Vec<u8>)> = reply::value("index", fields)?;
    Ok(fields.into_iter().flat_map(|(field, places)| Indexed::all(field, &places)).collect())
}
