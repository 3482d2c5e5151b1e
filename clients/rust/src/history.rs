//! Pages of a stream's history.

use crate::engine::Inner;
use crate::error::{Code, HubError};
use crate::event::Publication;
use crate::hub::Hub;
use crate::outgoing::ToAddress;
use crate::pages::read;
use crate::wire::Received;
use hubwire_protocol::{Address, ErrorCode, Position, UserId};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

impl Hub {
    /// Pages of a stream's history, newest first.
    pub fn history(&self, stream: impl ToAddress) -> History {
        let stream = stream.to_address().and_then(|address| self.stream_of(&address));
        History::new(self.inner().clone(), stream)
    }

    /// The newest publication of a stream with this id, and of this sender if several may have used the same id.
    /// `None`: the stream contains none, or none among the publications that the node searches (1,000). Use it to find
    /// out whether an action with an unknown outcome was stored. Requires a node with the feature `history_id`.
    pub async fn find_publication(
        &self,
        stream: impl ToAddress,
        id: &str,
        from: Option<&UserId>,
    ) -> Result<Option<Publication>, HubError> {
        let address = stream.to_address()?;
        self.inner().connected().await?;
        find_publication(self.inner(), &self.stream_of(&address)?, id, from).await
    }
}

/// Pages of a stream, each oldest first: backwards from the newest, or forwards from a position.
pub struct History {
    inner: Arc<Inner>,
    stream: Result<Address, HubError>,
    before: Option<Position>,
    after: Option<Position>,
    limit: u32,
    is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    publications: Vec<Box<RawValue>>,
    more: bool,
}

impl Page {
    fn publications(&self) -> Vec<Publication> {
        self.publications.iter().filter_map(|raw| Publication::read(&Received::parse(raw.get()).ok()?)).collect()
    }
}

impl History {
    pub(crate) fn new(inner: Arc<Inner>, stream: Result<Address, HubError>) -> Self {
        History { inner, stream, before: None, after: None, limit: 100, is_over: false }
    }

    /// Only publications older than this position.
    pub fn before(mut self, pos: Position) -> Self {
        self.before = Some(pos);
        self
    }

    /// Forwards from this position, instead of backwards from the newest publication.
    pub fn after(mut self, pos: Position) -> Self {
        self.after = Some(pos);
        self
    }

    /// Most publications in a page; a node sends fewer if they are long.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Publication>>, HubError> {
        let stream = self.stream.clone()?;
        if self.is_over {
            return Ok(None);
        }
        self.inner.connected().await?;
        let (limit_max, pages_on) = self.inner.with(|core| {
            let pages_on = core.welcome.as_ref().is_some_and(|welcome| welcome.has("history_after"));
            (core.sender.limits.history_max, pages_on)
        });
        if self.after.is_some() && !pages_on {
            return Err(HubError::new(Code::Node(ErrorCode::NotFound), "this node does not page forward"));
        }
        let mut payload = json!({ "limit": self.limit.min(limit_max) });
        match (self.after, self.before) {
            (Some(after), _) => payload["after"] = json!(after),
            (None, Some(before)) => payload["before"] = json!(before),
            (None, None) => {}
        }
        let text = self.inner.ask("@@hub/history", Some(&stream), Some(payload)).await?;
        let page: Page = read(&text);
        let publications = page.publications();
        match self.after.is_some() {
            true => self.after = publications.last().and_then(|last| last.pos).or(self.after),
            false => self.before = publications.first().and_then(|first| first.pos).or(self.before),
        }
        self.is_over = !page.more || publications.is_empty();
        Ok(Some(publications).filter(|page| !page.is_empty()))
    }
}

/// Requests the newest publication with that id.
async fn find_publication(
    inner: &Inner,
    stream: &Address,
    id: &str,
    from: Option<&UserId>,
) -> Result<Option<Publication>, HubError> {
    let finds = inner.with(|core| core.welcome.as_ref().is_some_and(|welcome| welcome.has("history_id")));
    if !finds {
        let message = "this node finds no publication by its id";
        return Err(HubError::new(Code::Node(ErrorCode::UnknownType), message));
    }
    let mut query = json!({ "id": id });
    if let Some(from) = from {
        query["from"] = json!(from);
    }
    match inner.ask("@@hub/history", Some(stream), Some(query)).await {
        Ok(text) => Ok(read::<Page>(&text).publications().into_iter().next()),
        Err(error) if error.code == Code::Node(ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
