//! Options for joining a channel.

use crate::options::ProviderError;
use futures_util::future::BoxFuture;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub(crate) type ProvideToken = Arc<dyn Fn() -> BoxFuture<'static, Result<String, ProviderError>> + Send + Sync>;

/// A token for one channel, if the application issues such tokens.
#[derive(Clone, Default)]
pub(crate) enum ChannelToken {
    #[default]
    None,
    Text(String),
    Provider(ProvideToken),
}

/// See [`Hub::channel_with`](crate::Hub::channel_with). The options of an address's first handle apply.
#[derive(Debug, Clone)]
pub struct ChannelOptions {
    /// Whether to receive joins and leaves.
    pub presence: bool,
    /// How many of the newest publications to receive before new ones.
    pub recent: Option<u32>,
    /// Whether to start with the channel's stored state, delivered as [`Event::Snapshot`](crate::Event::Snapshot), and
    /// to receive a new one after a gap. Takes precedence over `recent`.
    pub snapshot: bool,
    pub(crate) token: ChannelToken,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        ChannelOptions { presence: true, recent: None, snapshot: false, token: ChannelToken::None }
    }
}

impl ChannelOptions {
    /// Starts with this many of the newest publications.
    pub fn recent(recent: u32) -> Self {
        ChannelOptions { recent: Some(recent), ..ChannelOptions::default() }
    }

    /// Starts with the stored snapshot.
    pub fn snapshot() -> Self {
        ChannelOptions { snapshot: true, ..ChannelOptions::default() }
    }

    /// Presents this token for the channel.
    pub fn token(self, token: impl Into<String>) -> Self {
        ChannelOptions { token: ChannelToken::Text(token.into()), ..self }
    }

    /// Presents tokens for the channel: the provider is called on each connection, and when a token has expired.
    pub fn token_provider<F>(self, provider: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        let provider: ProvideToken = Arc::new(move || Box::pin(provider()));
        ChannelOptions { token: ChannelToken::Provider(provider), ..self }
    }
}

impl fmt::Debug for ChannelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChannelToken::None => "None",
            ChannelToken::Text(_) => "Text",
            ChannelToken::Provider(_) => "Provider",
        })
    }
}
