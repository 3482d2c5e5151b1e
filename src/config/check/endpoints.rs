//! Checks options of the endpoints for other clients than hubwire's own.

use super::Misfits;
use crate::config::sections::Config;
use hubwire_protocol::centrifuge::Namespace;

impl Misfits<'_> {
    /// Two endpoints on one path: the second one would never be reached.
    pub(super) fn paths(&mut self, config: &Config) {
        let sections = [
            ("wshub.path", config.wshub.enabled, &config.wshub.path),
            ("centrifuge.path", config.centrifuge.enabled, &config.centrifuge.path),
            ("rooms.path", config.rooms.enabled, &config.rooms.path),
        ];
        let served: Vec<_> = sections.into_iter().filter(|(_, enabled, _)| *enabled).collect();
        for (at, (option, _, path)) in served.iter().enumerate() {
            let is_same = |path: &str, other: &str| path.trim_end_matches('/') == other.trim_end_matches('/');
            if let Some((other, ..)) = served[..at].iter().find(|(_, _, of_other)| is_same(path, of_other)) {
                self.add(option, format!("is {path}, the same as {other}"));
            }
        }
    }

    /// Without an organisation every client would be refused.
    pub(super) fn rooms(&mut self, config: &Config) {
        if config.rooms.enabled && config.rooms.org.is_empty() {
            self.add("rooms.org", "is empty: name the organisation whose channels are the rooms".into());
        }
    }

    /// Options of namespaces that need a proxy.
    pub(super) fn centrifuge_proxies(&mut self, config: &Config) {
        let section = &config.centrifuge;
        let namespaces: Vec<Namespace> = section.namespaces.iter().filter_map(|entry| entry.parse().ok()).collect();
        let has = |word: fn(&Namespace) -> bool| namespaces.iter().any(word);
        for (option, url, word, is_needed) in [
            (
                "centrifuge.proxy_subscribe_url",
                &section.proxy_subscribe_url,
                "subscribe_proxy",
                has(|it| it.options.subscribe_proxy),
            ),
            (
                "centrifuge.proxy_publish_url",
                &section.proxy_publish_url,
                "publish_proxy",
                has(|it| it.options.publish_proxy),
            ),
        ] {
            if is_needed && url.is_empty() {
                self.add(option, format!("is empty, but a namespace has `{word}`"));
            }
        }
    }
}
