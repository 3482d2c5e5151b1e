//! `config.yaml`: WS-HUB's own file, with a few additional keys.

use super::config::WsHubConfig;
use super::yaml::Section;
use crate::auth::origin::AllowedOrigins;
use bytes::Bytes;
use hubwire_actors::wshub::{GroupsMode, SameKey, WsHubSettings};
use std::net::{TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The content of the file.
#[derive(Debug, Clone)]
pub struct FileConfig {
    /// The address to listen on: `host:port`; all interfaces if the host is empty.
    pub address: String,
    /// The address for reports and the HTTP API; absent: they are not served.
    pub internal_address: Option<String>,
    /// Host and port of Redis.
    pub redis: (String, u16),
    /// The endpoint itself.
    pub endpoint: WsHubConfig,
}

/// Why a file is not a valid configuration.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// It is not YAML.
    #[error("not YAML: {0}")]
    Syntax(#[from] serde_yaml_ng::Error),
    /// A required key is missing.
    #[error("the key `{key}` is missing")]
    Missing {
        /// The key.
        key: String,
    },
    /// A value that cannot be used.
    #[error("`{key}` is `{value}`, but must be {expected}")]
    Wrong {
        /// The key.
        key: String,
        /// The value in the file.
        value: String,
        /// What the value must be.
        expected: String,
    },
}

impl FileConfig {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| FileError::Unreadable { path: path.to_owned(), error })?;
        FileConfig::parse(&text)
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let document = serde_yaml_ng::from_str(text)?;
        let root = Section::root(&document);
        let (redis, web_socket) = (root.section("redis."), root.section("webSocket."));
        let address = root.text("address")?;
        check_address("address", &address)?;
        let internal_address = root.optional_text("internalAddress")?;
        internal_address.iter().try_for_each(|address| check_address("internalAddress", address))?;
        let endpoint = WsHubConfig {
            client_key: root.text("clientKey")?,
            path: path(root.text("serverUrl")?)?,
            from_header: root.flag("fromHeader")?,
            allowed_origins: allowed_origins(&root)?,
            message_bytes_max: web_socket.number("maxMessageSize")? as usize,
            outbox_bytes_max: web_socket
                .optional_number("outboxBytesMax")?
                .map_or(WsHubConfig::default().outbox_bytes_max, |bytes| bytes as usize),
            hub: WsHubSettings {
                channel_prefix: Bytes::from(redis.text("channelPrefix")?),
                same_key: root.word(
                    "sameKey",
                    &[("all", SameKey::All), ("newest", SameKey::Newest), ("oldest", SameKey::Oldest)],
                )?,
                groups: root.word("groups", &[("replace", GroupsMode::Replace), ("add", GroupsMode::Add)])?,
                client_gone: root.flag("clientGone")?,
                write_wait: seconds(&web_socket, "writeWait")?,
                pong_wait: seconds(&web_socket, "pongWait")?,
                ..WsHubSettings::default()
            },
        };
        Ok(FileConfig {
            address,
            internal_address,
            redis: host_and_port("redis.address", &redis.text("address")?)?,
            endpoint,
        })
    }
}

/// Origins of pages that may connect; all if none are listed.
fn allowed_origins(root: &Section<'_>) -> Result<Option<AllowedOrigins>, FileError> {
    let listed = root.list("allowedOrigins")?;
    if listed.is_empty() {
        return Ok(None);
    }
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let allowed = AllowedOrigins::parse(&listed).ok_or_else(|| FileError::Wrong {
        key: "allowedOrigins".into(),
        value: listed.join(", "),
        expected: "a list of scheme://host, scheme://*.host or *".into(),
    })?;
    Ok(Some(allowed))
}

/// A duration greater than zero.
fn seconds(section: &Section<'_>, key: &str) -> Result<Duration, FileError> {
    let seconds = section.number(key)?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(|| FileError::Wrong {
        key: format!("webSocket.{key}"),
        value: seconds.to_string(),
        expected: "more than 0 seconds".into(),
    })
}

fn path(path: String) -> Result<String, FileError> {
    match path.starts_with('/') {
        true => Ok(path),
        false => {
            Err(FileError::Wrong { key: "serverUrl".into(), value: path, expected: "a path that begins with /".into() })
        }
    }
}

fn check_address(key: &str, address: &str) -> Result<(), FileError> {
    host_and_port(key, address).map(|_| ())
}

/// Splits `host:port`; an empty host means this machine.
fn host_and_port(key: &str, address: &str) -> Result<(String, u16), FileError> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some((host, port)) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Ok((if host.is_empty() { "localhost".into() } else { host.to_owned() }, port))
        }
        None => Err(FileError::Wrong {
            key: key.into(),
            value: address.into(),
            expected: "host:port, or :port for all interfaces".into(),
        }),
    }
}

/// Binds `host:port`; `:port` means all interfaces, of IPv6 and IPv4 where the machine has both.
pub(super) fn bind(address: &str) -> std::io::Result<TcpListener> {
    match address.strip_prefix(':') {
        Some(port) => {
            TcpListener::bind(format!("[::]:{port}")).or_else(|_| TcpListener::bind(format!("0.0.0.0:{port}")))
        }
        None => {
            let addresses: Vec<_> = address.to_socket_addrs()?.collect();
            TcpListener::bind(&addresses[..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
address: ":8080"            # address of server
clientKey: "session_key"
serverUrl: "/ws"
redis:
  address: "localhost:6379"
  timeout: 120
  idleConn: 4
  channelPrefix: "ws-hub:"
webSocket:
  writeWait: 10
  pongWait: 60
  maxMessageSize: 128
"#;

    #[test]
    fn the_example_of_ws_hub_is_understood() {
        let config = FileConfig::parse(EXAMPLE).unwrap();
        assert_eq!((config.address.as_str(), config.redis), (":8080", ("localhost".into(), 6379)));
        assert_eq!((config.endpoint.path.as_str(), config.endpoint.client_key.as_str()), ("/ws", "session_key"));
        assert_eq!(config.endpoint.hub.pong_wait, Duration::from_secs(60));
        assert_eq!(config.endpoint.message_bytes_max, 128);
        assert_eq!(config.internal_address, None);
    }

    #[test]
    fn keys_are_read_without_regard_to_case_and_unknown_ones_are_ignored() {
        let text =
            EXAMPLE.replace("clientKey", "CLIENTKEY").replace("webSocket", "websocket").replace("pongWait", "PongWait");
        let config = FileConfig::parse(&format!("{text}colour: green\n")).unwrap();
        assert_eq!(config.endpoint.client_key, "session_key");
    }

    #[test]
    fn a_missing_key_is_named() {
        for (line, key) in [
            ("address: \":8080\"", "address"),
            ("clientKey: \"session_key\"", "clientKey"),
            ("serverUrl: \"/ws\"", "serverUrl"),
            ("  address: \"localhost:6379\"", "redis.address"),
            ("  channelPrefix: \"ws-hub:\"", "redis.channelPrefix"),
            ("  writeWait: 10", "webSocket.writeWait"),
            ("  pongWait: 60", "webSocket.pongWait"),
            ("  maxMessageSize: 128", "webSocket.maxMessageSize"),
        ] {
            assert!(EXAMPLE.contains(line), "{line}");
            let error = FileConfig::parse(&EXAMPLE.replace(line, "")).unwrap_err();
            assert_eq!(error.to_string(), format!("the key `{key}` is missing"));
        }
    }

    #[test]
    fn a_value_that_cannot_be_used_is_shown_with_what_may_stand_there() {
        for (line, instead, message) in [
            ("\":8080\"", "8080", "`address` is `8080`, but must be host:port, or :port for all interfaces"),
            ("\"/ws\"", "ws", "`serverUrl` is `ws`, but must be a path that begins with /"),
            ("pongWait: 60", "pongWait: 0", "`webSocket.pongWait` is `0`, but must be more than 0 seconds"),
            ("pongWait: 60", "pongWait: -1", "`webSocket.pongWait` is `-1`, but must be a number that is not negative"),
            ("redis:", "sameKey: last\nredis:", "`sameKey` is `last`, but must be one of all, newest, oldest"),
        ] {
            assert!(EXAMPLE.contains(line), "{line}");
            assert_eq!(FileConfig::parse(&EXAMPLE.replace(line, instead)).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn options_beyond_those_of_ws_hub_are_read() {
        let more =
            "sameKey: newest\ngroups: add\nclientGone: true\nfromHeader: true\nallowedOrigins: [\"https://a\"]\n\
                    internalAddress: \"127.0.0.1:9090\"\n";
        let config = FileConfig::parse(&format!("{more}{EXAMPLE}")).unwrap();
        assert_eq!((config.endpoint.hub.same_key, config.endpoint.hub.groups), (SameKey::Newest, GroupsMode::Add));
        assert!(config.endpoint.hub.client_gone && config.endpoint.from_header);
        let allowed = config.endpoint.allowed_origins.unwrap();
        assert!(allowed.permit(Some("https://a"), None) && !allowed.permit(Some("https://b"), None));
        assert_eq!(config.internal_address.as_deref(), Some("127.0.0.1:9090"));
    }
}
