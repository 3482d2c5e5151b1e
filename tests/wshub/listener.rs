//! A listener within the test: sees every message below the prefix, and publishes.

use crate::support::eventually::DEADLINE;
use crate::support::redis_server::RedisServer;
use std::sync::mpsc::{sync_channel, Receiver};

/// Messages that may wait for the test.
const HEARD_MAX: usize = 100_000;

/// Connections to Redis of a service that uses WS-HUB.
pub struct Listener {
    heard: Receiver<Heard>,
    control: redis::Connection,
    /// Its connections' ids in Redis.
    ids: [i64; 2],
}

/// A message on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub channel: String,
    pub payload: Vec<u8>,
}

/// What a message must be.
pub fn heard(channel: &str, payload: impl AsRef<[u8]>) -> Heard {
    Heard { channel: channel.into(), payload: payload.as_ref().into() }
}

impl Listener {
    /// Hears what nodes publish, from now on.
    pub fn start(redis: &RedisServer) -> Listener {
        let (mut connection, mut control) = (redis.connection(), redis.connection());
        let id = |connection: &mut redis::Connection| redis::cmd("CLIENT").arg("ID").query(connection).unwrap();
        let ids = [id(&mut connection), id(&mut control)];
        let (tell, heard) = sync_channel(HEARD_MAX);
        let (say_ready, ready) = sync_channel(1);
        // ends when the connection breaks, or with the first message nobody takes
        std::thread::spawn(move || {
            let mut subscriber = connection.as_pubsub();
            subscriber.subscribe(&["ws-hub:client-new", "ws-hub:client-gone"]).unwrap();
            subscriber.psubscribe("ws-hub:client-data:*").unwrap();
            say_ready.send(()).unwrap();
            while let Ok(message) = subscriber.get_message() {
                let channel = message.get_channel_name().to_owned();
                if tell.send(Heard { channel, payload: message.get_payload_bytes().to_vec() }).is_err() {
                    return;
                }
            }
        });
        ready.recv().unwrap();
        Listener { heard, control, ids }
    }

    /// Publishes; how many subscriptions took it.
    pub fn publish(&mut self, channel: &str, payload: impl AsRef<[u8]>) -> u64 {
        redis::cmd("PUBLISH").arg(channel).arg(payload.as_ref()).query(&mut self.control).unwrap()
    }

    /// Publishes many in one go.
    pub fn publish_all<'a>(&mut self, messages: impl Iterator<Item = (&'a str, Vec<u8>)>) {
        let mut pipeline = redis::pipe();
        for (channel, payload) in messages {
            pipeline.cmd("PUBLISH").arg(channel).arg(payload).ignore();
        }
        pipeline.exec(&mut self.control).unwrap();
    }

    /// Ends the connections of everybody else.
    pub fn kill_other_connections(&mut self) {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut self.control).unwrap();
        let ids = list.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next()?.parse::<i64>().ok());
        for id in ids.filter(|id| !self.ids.contains(id)) {
            // one that ended meanwhile is not there to be killed
            let _: u64 = redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).query(&mut self.control).unwrap();
        }
    }

    /// The next message.
    pub fn next(&mut self) -> Heard {
        self.heard.recv_timeout(DEADLINE).expect("a message in time")
    }

    /// The next message on a channel, whatever comes before it.
    pub fn next_on(&mut self, channel: &str) -> Vec<u8> {
        loop {
            let next = self.next();
            if next.channel == channel {
                return next.payload;
            }
        }
    }

    /// Asserts that nothing was published before this call that is not taken yet: a marker of its own comes first.
    pub fn assert_silence(&mut self) {
        self.publish("ws-hub:client-data:marker", "marker");
        assert_eq!(self.next(), heard("ws-hub:client-data:marker", "marker"));
    }

    /// Waits for the announcement of a key and gives it groups.
    pub fn welcome(&mut self, key: &str, groups: &str) {
        assert_eq!(self.next(), heard("ws-hub:client-new", key));
        assert!(self.publish(&format!("ws-hub:groups-new:{key}"), groups) > 0, "a node listens");
    }
}
