//! The client's infos in the tokens of a connection, which accompany its publications and presence.

use hubwire_protocol::cluster::sender;

/// The infos of one connection; see the module. Empty for most connections.
#[derive(Default)]
pub(super) struct Infos {
    /// The info of the connection, as JSON.
    connection: Option<Box<str>>,
    channels: Vec<(Box<str>, Box<str>)>,
}

impl Infos {
    /// Creates them with the info in the connection's token.
    pub fn new(connection: Option<Box<str>>) -> Self {
        Infos { connection, channels: Vec::new() }
    }

    /// Sets the info in the token of a subscription, if any.
    pub fn set(&mut self, channel: &str, info: Option<Box<str>>) {
        self.forget(channel);
        self.channels.extend(info.map(|info| (channel.into(), info)));
    }

    /// Removes the info of a subscription that ended.
    pub fn forget(&mut self, channel: &str) {
        self.channels.retain(|(of, _)| **of != *channel);
    }

    /// All infos of the client in a channel, in stored form; `None`: there are none.
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
