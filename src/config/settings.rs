//! Converts the configuration to the settings of the actors.

use super::sections::{self, Config, OnExcess};
use hubwire_actors::access::{Policy, Reach, Reaches, Rules, SchemaPolicy, TypePolicy};
use hubwire_actors::backend::{CursorLimits, SessionPolicy};
use hubwire_actors::retention::{Retention, Shares, StreamRetention};
use hubwire_actors::settings::{Budgets, ClusterSecrets, SessionLimits, Settings};
use hubwire_actors::words::action_class::Rates;
use hubwire_actors::words::pacing::Pacing;
use hubwire_protocol::centrifuge::Namespace;
use hubwire_protocol::{AddressPattern, Limits};
use std::time::Duration;

/// Each entry was validated with the configuration.
fn rates(entries: &[String]) -> Rates {
    Rates::read(entries.iter().map(String::as_str)).unwrap_or_default()
}

impl Config {
    /// The settings of the node's actors.
    pub fn settings(&self) -> Settings {
        let Config { node, socket, broker, streams, limits, presence, directory, drain, .. } = self;
        Settings {
            node: node.label.clone(),
            limits: self.decoder_limits(),
            auth_timeout: Duration::from_millis(socket.auth_timeout_ms),
            expiry_warning: Duration::from_millis(self.auth.expiry_warning_ms),
            ping_interval: Duration::from_millis(socket.ping_interval_ms),
            pong_timeout: Duration::from_millis(socket.pong_timeout_ms),
            stall_timeout: Duration::from_millis(socket.stall_timeout_ms),
            outbox_bytes_max: socket.outbox_bytes,
            in_flight_max: limits.in_flight_max,
            channels_max: limits.channels_max,
            actions_per_second: limits.actions_per_second,
            actions_burst: limits.actions_burst,
            abuse_after: Duration::from_secs(limits.abuse_after_s),
            budgets: self.budgets(),
            bad_frames_max: limits.bad_frames_max,
            wrong_credentials_max: limits.wrong_credentials_per_minute,
            idempotency_window: Duration::from_millis(streams.idempotency_window_ms),
            retention: self.retention(),
            cursors: CursorLimits { ttl: Duration::from_secs(streams.cursor_ttl_s), devices_max: streams.devices_max },
            session_policy: self.session_policy(),
            rules: self.rules(),
            reaches: Reaches {
                direct: direct(self.access.direct),
                presence: reach(self.access.user_presence),
                people: self.people.enabled,
            },
            people_max: self.people.people_max,
            persistent_max: presence.persistent_max,
            history_max: streams.history_max,
            snapshot_bytes_max: streams.snapshot_bytes,
            snapshot_ttl: Duration::from_secs(streams.snapshot_ttl_s),
            presence_delay: Duration::from_millis(presence.delay_ms),
            announced: self.announced(),
            presence_members_max: presence.members_max,
            presence_named_max: presence.named_max,
            presence_page_max: presence.page_max,
            presence_state_bytes_max: presence.state_bytes,
            profile_ttl: (presence.profile_ttl_s > 0).then(|| Duration::from_secs(presence.profile_ttl_s)),
            last_seen: presence.last_seen,
            org_presence: presence.orgs,
            watch_max: presence.watch_max,
            pacing: self.pacing(),
            left_grace: Duration::from_millis(presence.left_grace_ms),
            log_sample: self.log.sample,
            lease: Duration::from_millis(directory.lease_ms),
            cluster_secrets: ClusterSecrets(
                broker.cluster_secrets.iter().map(|secret| secret.reveal().to_string()).collect(),
            ),
            drain_rate: drain.rate_per_second,
            ..Settings::default()
        }
    }

    /// Each rule was validated with the configuration.
    fn pacing(&self) -> Pacing {
        let ephemeral = &self.ephemeral;
        let throttles = ephemeral.throttle.iter().filter_map(|rule| rule.parse().ok());
        Pacing::new(throttles, ephemeral.end_after.iter().filter_map(|rule| rule.parse().ok()))
    }

    /// The access rules, without the schemas, which are in files. Each rule was validated with the configuration.
    pub(super) fn rules(&self) -> Rules {
        let access = &self.access;
        Rules {
            policy: Policy::new(access.rules.iter().filter_map(|rule| rule.parse().ok())),
            types: TypePolicy::new(access.types.iter().filter_map(|rule| rule.parse().ok())),
            schemas: SchemaPolicy::default(),
        }
    }

    /// The budgets of users and organisations.
    pub fn budgets(&self) -> Budgets {
        let limits = &self.limits;
        Budgets {
            deliveries_per_second: limits.deliveries_per_second,
            deliveries_burst: limits.deliveries_burst,
            user_bytes_max: limits.user_bytes_max,
            org_bytes_max: limits.org_bytes_max,
            org_sessions_max: limits.org_sessions_max,
            user_rates: rates(&limits.user_rates),
            org_rates: rates(&limits.org_rates),
            address_rates: rates(&limits.address_rates),
            window: Duration::from_secs(limits.bytes_window_s),
        }
    }

    /// The limits of one session.
    pub fn session_limits(&self) -> SessionLimits {
        let limits = &self.limits;
        SessionLimits {
            decoder: self.decoder_limits(),
            in_flight_max: limits.in_flight_max,
            channels_max: limits.channels_max,
            actions_per_second: limits.actions_per_second,
            actions_burst: limits.actions_burst,
            abuse_after: Duration::from_secs(limits.abuse_after_s),
            bad_frames_max: limits.bad_frames_max,
            wrong_credentials_max: limits.wrong_credentials_per_minute,
        }
    }

    fn decoder_limits(&self) -> Limits {
        Limits {
            frame_bytes_max: self.socket.max_message_bytes,
            actions_max: self.limits.actions_per_frame_max,
            depth_max: self.limits.depth_max,
            type_bytes_max: self.limits.type_bytes_max,
            id_bytes_max: self.limits.id_bytes_max,
        }
    }

    /// How much streams retain.
    pub fn retention(&self) -> StreamRetention {
        let keep = |count, age_s, bytes| Retention { count, age: Duration::from_secs(age_s), bytes };
        let streams = &self.streams;
        StreamRetention {
            user: keep(streams.user_count, streams.user_age_s, streams.user_bytes),
            org: keep(streams.org_count, streams.org_age_s, streams.org_bytes),
            team: keep(streams.team_count, streams.team_age_s, streams.team_bytes),
            channel: keep(streams.channel_count, streams.channel_age_s, streams.channel_bytes),
            rules: streams.retention.iter().filter_map(|rule| rule.parse().ok()).collect(),
            shares: Shares { sender: streams.user_sender_percent, org: streams.user_org_percent },
        }
    }

    /// The channels of namespaces in which each session is announced.
    fn announced(&self) -> Vec<AddressPattern> {
        let section = &self.centrifuge;
        // each entry was validated with the configuration
        let namespaces = section.namespaces.iter().filter_map(|entry| entry.parse::<Namespace>().ok());
        let announced = namespaces.filter(|it| section.enabled && it.options.each_session);
        let patterns = announced.flat_map(|Namespace { name, org, .. }| match name {
            Some(name) => vec![format!("ch:{org}/{name}/**")],
            // users' own channels have no namespace either
            None if section.personal_channel => vec![format!("ch:{org}/**"), "user:*".to_owned()],
            None => vec![format!("ch:{org}/**")],
        });
        patterns.filter_map(|pattern| pattern.parse().ok()).collect()
    }

    fn session_policy(&self) -> SessionPolicy {
        SessionPolicy {
            max_sessions: self.sessions.max_sessions,
            close_oldest: self.sessions.on_excess == OnExcess::CloseOldest,
        }
    }
}

fn direct(word: sections::Direct) -> Reach {
    match word {
        sections::Direct::Anyone => Reach::Anyone,
        sections::Direct::SameOrg => Reach::SameOrg,
        sections::Direct::Contacts => Reach::Contacts,
        sections::Direct::None => Reach::None,
    }
}

fn reach(word: sections::Reach) -> Reach {
    match word {
        sections::Reach::Anyone => Reach::Anyone,
        sections::Reach::SameOrg => Reach::SameOrg,
        sections::Reach::None => Reach::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_options_are_the_defaults_of_settings() {
        let settings = Config::load(None, std::iter::empty(), &[]).unwrap().config.settings();
        let expected = Settings { node: settings.node.clone(), ..Settings::default() };
        assert_eq!(format!("{settings:?}"), format!("{expected:?}"));
    }
}
