//! What the tokens of a connection say of its client, which goes with what it publishes and shows.

use hubwire_protocol::cluster::sender;

/// See the module. Empty for most connections.
#[derive(Default)]
pub(super) struct Infos {
    /// Of the connection, as JSON.
    connection: Option<Box<str>>,
    channels: Vec<(Box<str>, Box<str>)>,
}

impl Infos {
    /// What the token of a connection says.
    pub fn new(connection: Option<Box<str>>) -> Self {
        Infos { connection, channels: Vec::new() }
    }

    /// What the token of a subscription says, if anything.
    pub fn set(&mut self, channel: &str, info: Option<Box<str>>) {
        self.forget(channel);
        self.channels.extend(info.map(|info| (channel.into(), info)));
    }

    /// A subscription ended.
    pub fn forget(&mut self, channel: &str) {
        self.channels.retain(|(of, _)| **of != *channel);
    }

    /// All that is said of the client in a channel, as it is kept; `None`: nothing.
    pub fn of(&self, channel: &str) -> Option<String> {
        let of_channel = self.channels.iter().find(|(of, _)| **of == *channel).map(|(_, info)| info);
        let members = [("conn_info", self.connection.as_ref()), ("chan_info", of_channel)];
        let members: Vec<String> =
            members.into_iter().filter_map(|(key, info)| Some(format!("\"{key}\":{}", info?))).collect();
        (!members.is_empty()).then(|| sender(&format!("{{{}}}", members.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_what_its_tokens_say() {
        let mut infos = Infos::default();
        assert_eq!(infos.of("a"), None);
        infos.set("a", Some("1".into()));
        infos.connection = Some(r#"{"name":"x"}"#.into());
        assert_eq!(infos.of("a").unwrap(), r#"{"hub":{"conn_info":{"name":"x"},"chan_info":1}}"#);
        infos.forget("a");
        assert_eq!(infos.of("a").unwrap(), r#"{"hub":{"conn_info":{"name":"x"}}}"#);
    }
}
