//! How a channel is joined.

use crate::options::ProviderError;
use futures_util::future::BoxFuture;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub(crate) type ProvideToken = Arc<dyn Fn() -> BoxFuture<'static, Result<String, ProviderError>> + Send + Sync>;

/// A token for one channel, where the application signs such.
#[derive(Clone, Default)]
pub(crate) enum ChannelToken {
    #[default]
    None,
    Text(String),
    Provider(ProvideToken),
}

/// See [`Hub::channel_with`](crate::Hub::channel_with). The first handle of an address says how it is joined.
#[derive(Debug, Clone)]
pub struct ChannelOptions {
    /// Whether to hear who comes and goes.
    pub presence: bool,
    /// So many of its newest publications come before what is new.
    pub recent: Option<u32>,
    /// It begins with the state that the node keeps of it, as [`Event::Snapshot`](crate::Event::Snapshot), and with a
    /// new one after a gap. Goes before `recent`.
    pub snapshot: bool,
    pub(crate) token: ChannelToken,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        ChannelOptions { presence: true, recent: None, snapshot: false, token: ChannelToken::None }
    }
}

impl ChannelOptions {
    /// Begins with so many of its newest publications.
    pub fn recent(recent: u32) -> Self {
        ChannelOptions { recent: Some(recent), ..ChannelOptions::default() }
    }

    /// Begins with the snapshot that the node keeps.
    pub fn snapshot() -> Self {
        ChannelOptions { snapshot: true, ..ChannelOptions::default() }
    }

    /// Shows this token for the channel.
    pub fn token(self, token: impl Into<String>) -> Self {
        ChannelOptions { token: ChannelToken::Text(token.into()), ..self }
    }

    /// Shows tokens for the channel: the provider is asked on each connection, and when the last one ended.
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
