//! How a client joins a channel: the payload of the request, the effects of the answer, and what happens if the node
//! refuses it or ends the membership.

use super::answers::{Kept, Listed, Told};
use super::channels::{Again, Channels, GRACE};
use super::context::Context;
use super::desk::Pending;
use super::errand::Errand;
use crate::channel_options::ChannelToken;
use crate::error::{Code, HubError};
use crate::event::{Event, Gap, GapCause, Snapshot};
use crate::options::ProviderError;
use hubwire_protocol::{Address, ErrorCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A request refused temporarily is repeated after this time.
const RETRY: Duration = Duration::from_millis(500);

impl Channels {
    /// Handles the answer to an own join or view. Publications received right after it already count.
    pub fn joined(&mut self, cx: &mut Context<'_>, id: u64, told: Told) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        cx.streams.open(&membership.address, told.pos, told.top);
        let has_begun_anew = told.snapshot.is_some();
        if let Some(Some(Kept { pos, ts, payload })) = told.snapshot {
            let snapshot = Arc::new(Snapshot { channel: membership.address.clone(), pos, ts, payload });
            membership.snapshot = Some(snapshot.clone());
            cx.desk.tell(Event::Snapshot(snapshot));
        }
        if told.recovered == Some(false) {
            let stream = Some(membership.address.clone());
            cx.desk.tell(Event::Gap(Gap { stream, pos: told.pos, cause: GapCause::NotRecovered }));
            if !has_begun_anew {
                self.renew(cx, id);
            }
        }
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        membership.joined();
        if membership.wish.presence {
            match told.members.filter(|_| self.joins_name_members) {
                Some(list) => self.listed(cx, id, Listed { users: list, ..Listed::default() }),
                None => self.ask_for_list(cx, id),
            }
        }
    }

    /// The node refused a join or a list.
    pub fn refused(&mut self, cx: &mut Context<'_>, id: u64, error: HubError, is_join: bool) {
        if error.retry {
            let pause = error.retry_after.unwrap_or_default().max(if is_join { RETRY } else { GRACE });
            self.later.push((cx.now + pause, id, if is_join { Again::Join } else { Again::List }));
        } else if is_join {
            cx.desk.tell(Event::Error(error.clone()));
            self.end(cx, id, Some(error));
        }
    }

    /// The application's token for a channel.
    pub fn token_came(&mut self, cx: &mut Context<'_>, id: u64, token: Result<String, ProviderError>) {
        match token {
            Ok(token) => self.join_with(cx, id, Some(&token)),
            Err(ProviderError::Unauthorized) => {
                let message = "the provider says that the user may not join";
                self.refused(cx, id, HubError::new(Code::Node(ErrorCode::BadCredentials), message), true);
            }
            Err(error) => {
                cx.desk.tell(Event::Error(HubError::new(Code::ProviderFailed, error.to_string())));
                self.later.push((cx.now + RETRY, id, Again::Join));
            }
        }
    }

    /// Publications of a stream are lost: a channel with a snapshot starts again.
    pub fn missed(&mut self, cx: &mut Context<'_>, stream: &Address) {
        if let Some(id) = self.by_address.get(stream).copied() {
            self.renew(cx, id);
        }
    }

    /// The node ended the membership. If its token expired, the client joins again with a new one.
    pub(super) fn taken_out(&mut self, cx: &mut Context<'_>, id: u64, reason: &str) {
        let Some(membership) = self.memberships.get(&id) else { return };
        let is_expired = reason == "expired";
        if is_expired && matches!(membership.wish.token, ChannelToken::Provider(_)) {
            return self.join(cx, id);
        }
        let code = if is_expired { ErrorCode::TokenExpired } else { ErrorCode::Forbidden };
        let error = HubError::new(Code::Node(code), format!("{}: taken out: {reason}", membership.address));
        cx.desk.tell(Event::Error(error.clone()));
        self.end(cx, id, Some(error));
    }

    /// Starts a channel with a snapshot again with a new one.
    fn renew(&mut self, cx: &mut Context<'_>, id: u64) {
        let Some(membership) = self.memberships.get(&id).filter(|it| it.wish.snapshot && self.has_snapshots) else {
            return;
        };
        cx.streams.forget(&membership.address);
        self.join(cx, id);
    }

    pub(super) fn join(&mut self, cx: &mut Context<'_>, id: u64) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        match membership.wish.token.clone() {
            ChannelToken::None => self.join_with(cx, id, None),
            ChannelToken::Text(token) => self.join_with(cx, id, Some(&token)),
            ChannelToken::Provider(provider) => {
                cx.streams.gate(&membership.address);
                cx.desk.errand(Errand::Token { membership: id, provider });
            }
        }
    }

    fn join_with(&mut self, cx: &mut Context<'_>, id: u64, token: Option<&str>) {
        let Some(membership) = self.memberships.get_mut(&id) else { return };
        let (address, wish) = (&membership.address, &membership.wish);
        let mut payload = json!({});
        match (cx.streams.position(address), wish.recent) {
            (Some(position), _) => payload["pos"] = json!(position),
            _ if wish.snapshot && self.has_snapshots => payload["snapshot"] = json!(true),
            (None, Some(recent)) if self.has_recent => payload["recent"] = json!(recent),
            _ => {}
        }
        if let Some(token) = token {
            payload["token"] = json!(token);
        }
        match &membership.state {
            _ if !wish.presence => payload["presence"] = json!(false),
            Some(state) if self.shows_states => payload["presence"] = json!({ "state": state }),
            _ => {}
        }
        cx.streams.gate(address);
        membership.presence.expect();
        let kind = if membership.is_view { "@@hub/view" } else { "@@hub/join" };
        let payload = Some(payload).filter(|payload| payload.as_object().is_some_and(|keys| !keys.is_empty()));
        cx.desk.ask(kind, Some(address), payload, Pending::Join(id));
    }
}
