//! Reads logs for lagging members: slow consumers, resumes, late joiners.

use super::{LogReader, ReadFrom};
use crate::backend::Range;
use crate::context::Context;
use crate::mail;
use crate::vital::isolated;
use crate::words::delivery::{CatchUp, CatchUpOutcome, Missed};
use crate::words::log_reader::ReadOn;
use crate::words::receivers::Receivers;
use actix::prelude::*;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, Dialect};
use std::sync::Arc;

/// Publications per read for one member.
const ENTRIES: usize = 256;
/// Reads that may be in flight at once: a storm of resumes queues up here and not in the broker, where appends would
/// wait behind it.
const READS_MAX: usize = 64;

impl LogReader {
    pub(super) fn read_on(&mut self, message: ReadOn, ctx: &mut Context<Self>) {
        let place = (message.stream.clone(), message.after, message.dialect);
        let askers = self.reading.entry(place.clone()).or_default();
        askers.push(message);
        if askers.len() > 1 {
            return; // answered with the read that is under way, or waits
        }
        match self.reads < READS_MAX {
            true => self.read(place, ctx),
            // each member waits for one read per stream, so there are no more of these than members
            false => self.reads_waiting.push_back(place),
        }
    }

    fn read(&mut self, place: ReadFrom, ctx: &mut Context<Self>) {
        self.reads += 1;
        self.core.metrics.log_reads.inc();
        let (stream, after, dialect) = place.clone();
        let bytes = self.core.settings.catch_up_bytes;
        let range = self.core.backend.read((*stream).clone(), after, ENTRIES, bytes);
        ctx.spawn(range.into_actor(self).map(move |range, reader, ctx| {
            reader.reads -= 1;
            if let Some(next) = reader.reads_waiting.pop_front() {
                reader.read(next, ctx);
            }
            let askers = reader.reading.remove(&place).unwrap_or_default();
            let outcome = match range {
                // past its lease a node delivers nothing; the next tick asks again
                Ok(_) if !reader.core.holds_lease() => CatchUpOutcome::Failed,
                Ok(range) if range.intact => {
                    let top = range.top;
                    CatchUpOutcome::Missed { missed: Arc::new(reader.encode(&stream, dialect, range)), top }
                }
                Ok(Range { top, oldest, .. }) => CatchUpOutcome::Gone { top, oldest },
                Err(error) => {
                    log::debug!("cannot read a log for a member stream={stream} error={error}");
                    CatchUpOutcome::Failed
                }
            };
            for asker in askers {
                let (feed, key, after, outcome) = (asker.feed, asker.key, asker.after, outcome.clone());
                mail::insist(&asker.delivery, CatchUp { feed, key, after, outcome });
            }
        }));
    }

    fn encode(&self, stream: &Address, dialect: Dialect, range: Range) -> Vec<Missed> {
        let mut missed = Vec::with_capacity(range.entries.len());
        for entry in range.entries {
            let encoded = isolated(|| {
                let envelope = Envelope::decode(&entry.envelope)?;
                let receivers = Receivers::reading(&envelope, stream);
                Ok((dialect.publication(&envelope, Some(entry.pos)), receivers))
            });
            let (frame, receivers) = encoded.unwrap_or_else(|error| {
                (self.core.unreadable(stream, entry.pos, &error)(dialect), Receivers::default())
            });
            missed.push(Missed { pos: entry.pos, frame, receivers });
        }
        missed
    }
}
