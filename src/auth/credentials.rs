//! The credentials in a socket's upgrade request, and their places.
//!
//! | who | how |
//! |---|---|
//! | programs | header `Authorization: Bearer <token>` |
//! | browsers, best | `?ticket=<ticket>` |
//! | browsers with a session | the cookie `__Host-hubwire`, or one of the application; with an `Origin` that is listed
//! |
//! | browsers with a token only | subprotocol `hubwire.bearer.<base64url of the token>`, besides the real one |
//! | any client | nothing: the first message is `@@hub/auth` |
//! | development | `?user=u1&orgs=acme:admin/ops` |

use super::dev::{self, DevError};
use super::query;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use hubwire_actors::identity::Identity;
use hubwire_protocol::id::IdError;
use hubwire_protocol::{DeviceClass, DeviceId};
use std::fmt;

/// The prefix of a subprotocol that carries a token. It is never selected.
pub const BEARER_SUBPROTOCOL: &str = "hubwire.bearer.";

/// The credentials of a client. Tokens and tickets are not checked yet; they are never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A signed token.
    Token(String),
    /// A ticket to be redeemed.
    Ticket(String),
    /// A made-up identity, in development.
    Dev(Identity),
    /// Nothing yet: the first message has them.
    FirstMessage,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::Token(_) => f.write_str("Token([redacted])"),
            Credentials::Ticket(_) => f.write_str("Ticket([redacted])"),
            Credentials::Dev(identity) => f.debug_tuple("Dev").field(identity).finish(),
            Credentials::FirstMessage => f.write_str("FirstMessage"),
        }
    }
}

/// The parameters of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The credentials.
    pub credentials: Credentials,
    /// The device (`?device=`).
    pub device: Option<DeviceId>,
    /// The class of the device (`?device_class=`).
    pub device_class: Option<DeviceClass>,
    /// The session follows nothing before the client's first message gives the start positions (`?hold=true`).
    pub hold: bool,
    /// The node pings with `@@hub/ping` (`?ping=text`).
    pub text_ping: bool,
}

/// Why the credentials of a request cannot be read. The client may see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// A token in the URL.
    #[error(
        "`?token=` is not accepted, because URLs end up in access logs; use `?ticket=`, the header Authorization, the \
         subprotocol hubwire.bearer.<base64url of the token>, or the first message"
    )]
    TokenInQuery,
    /// A made-up identity outside of development.
    #[error("`?user=` is accepted in development mode only (auth.dev)")]
    DevOnly,
    /// More than one kind of credentials.
    #[error("several credentials in one request; send only one")]
    Several,
    /// A parameter that cannot be decoded.
    #[error("the parameter `{name}` is not percent-encoded UTF-8")]
    Encoding {
        /// Its name.
        name: &'static str,
    },
    /// A subprotocol with a malformed token.
    #[error("the subprotocol hubwire.bearer.… does not end in the base64url of a token")]
    Subprotocol,
    /// A device that is not an id.
    #[error("the parameter `device` {reason}")]
    Device {
        /// Why.
        reason: IdError,
    },
    /// An invalid device class.
    #[error("the parameter `device_class` {reason}")]
    DeviceClass {
        /// Why.
        reason: IdError,
    },
    /// A parameter with an invalid value.
    #[error("the parameter `{name}` must be {value}")]
    Flag {
        /// Its name.
        name: &'static str,
        /// The allowed value.
        value: &'static str,
    },
    /// An invalid made-up identity.
    #[error(transparent)]
    Dev(#[from] DevError),
}

/// The parameter with a ticket, for hubwire's own clients.
pub const TICKET: &str = "ticket";

/// Reads the credentials of a request: its `Authorization` lines, its query string with the name of the ticket's
/// parameter, the offered subprotocols.
pub fn read<'a>(
    authorizations: impl IntoIterator<Item = &'a str>,
    (query, ticket): (&str, &'static str),
    subprotocols: impl IntoIterator<Item = &'a str>,
    dev: bool,
) -> Result<Presented, CredentialsError> {
    if parameter(query, "token")?.is_some() {
        return Err(CredentialsError::TokenInQuery);
    }
    let mut tokens = authorizations.into_iter().filter_map(bearer);
    let found = [
        tokens.next().map(Credentials::Token),
        tokens.next().map(Credentials::Token), // a second token counts as several credentials
        from_subprotocols(subprotocols)?.map(Credentials::Token),
        parameter(query, ticket)?.map(Credentials::Ticket),
        from_user(query, dev)?.map(Credentials::Dev),
    ];
    let mut found = found.into_iter().flatten();
    let credentials = found.next().unwrap_or(Credentials::FirstMessage);
    if found.next().is_some() {
        return Err(CredentialsError::Several);
    }
    let (hold, text_ping) = (flag(query, "hold", "true")?, flag(query, "ping", "text")?);
    let device_class = device_class(query)?;
    Ok(Presented { credentials, device: device(query)?, device_class, hold, text_ping })
}

/// Whether a parameter with only one valid value is present.
fn flag(query: &str, name: &'static str, value: &'static str) -> Result<bool, CredentialsError> {
    match parameter(query, name)? {
        None => Ok(false),
        Some(found) if found == value => Ok(true),
        Some(_) => Err(CredentialsError::Flag { name, value }),
    }
}

fn parameter(query: &str, name: &'static str) -> Result<Option<String>, CredentialsError> {
    query::value(query, name).map_err(|query::Undecodable| CredentialsError::Encoding { name })
}

/// The token of a Bearer line. Other schemes are ignored, because a proxy in front may require them.
fn bearer(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_string())
}

fn from_subprotocols<'a>(subprotocols: impl IntoIterator<Item = &'a str>) -> Result<Option<String>, CredentialsError> {
    let encoded = subprotocols.into_iter().find_map(|protocol| protocol.strip_prefix(BEARER_SUBPROTOCOL));
    let Some(encoded) = encoded else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| CredentialsError::Subprotocol)?;
    String::from_utf8(bytes).map(Some).map_err(|_| CredentialsError::Subprotocol)
}

fn from_user(query: &str, dev: bool) -> Result<Option<Identity>, CredentialsError> {
    let Some(user) = parameter(query, "user")? else { return Ok(None) };
    if !dev {
        return Err(CredentialsError::DevOnly);
    }
    let orgs = parameter(query, "orgs")?.unwrap_or_default();
    Ok(Some(dev::identity(&user, &orgs)?))
}

fn device_class(query: &str) -> Result<Option<DeviceClass>, CredentialsError> {
    let class = parameter(query, "device_class")?.filter(|class| !class.is_empty());
    class.map(|class| class.parse()).transpose().map_err(|reason| CredentialsError::DeviceClass { reason })
}

fn device(query: &str) -> Result<Option<DeviceId>, CredentialsError> {
    let device = parameter(query, "device")?.filter(|device| !device.is_empty());
    device.map(|device| device.parse()).transpose().map_err(|reason| CredentialsError::Device { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(
        authorization: Option<&'static str>,
        query: &str,
        subprotocols: &[&'static str],
        dev: bool,
    ) -> Result<Presented, CredentialsError> {
        let authorizations = authorization.into_iter().flat_map(|lines| lines.split('\n'));
        read(authorizations, (query, TICKET), subprotocols.iter().copied(), dev)
    }

    fn token(text: &str) -> Credentials {
        Credentials::Token(text.to_string())
    }

    #[test]
    fn credentials_are_found_where_clients_can_put_them() {
        let user = || Credentials::Dev(dev::identity("u1", "acme:admin+owner/ops,beta").unwrap());
        let user_query = "user=u1&orgs=acme:admin+owner/ops,beta";
        for (authorization, query, subprotocols, expected) in [
            (None, "", &[][..], Credentials::FirstMessage),
            (None, "v=1", &["hubwire.v1.json"][..], Credentials::FirstMessage),
            (Some("Bearer a.b.c"), "", &[], token("a.b.c")),
            (Some("bearer  a.b.c "), "", &[], token("a.b.c")),
            (Some("Basic dTpw"), "", &[], Credentials::FirstMessage),
            (Some("Basic dTpw\nBearer a.b.c"), "", &[], token("a.b.c")),
            (Some("Basic dTpw"), "ticket=t", &[], Credentials::Ticket("t".into())),
            (None, "", &["hubwire.v1.json", "hubwire.bearer.YS5iLmM"], token("a.b.c")),
            (None, "x=1&ticket=a%2Db_c", &["hubwire.v1.json"], Credentials::Ticket("a-b_c".into())),
            (None, user_query, &[], user()),
            (None, "user=u1&orgs=acme%3Aadmin%2Bowner%2Fops%2Cbeta", &[], user()),
        ] {
            let presented = read_with(authorization, query, subprotocols, true).unwrap();
            let expected =
                Presented { credentials: expected, device: None, device_class: None, hold: false, text_ping: false };
            assert_eq!(presented, expected, "{authorization:?} {query}");
        }
    }

    #[test]
    fn a_device_goes_with_any_credentials() {
        for query in ["device=phone%7C7", "device=phone%7C7&ticket=t", "user=u1&device=phone%7C7"] {
            let device = read_with(None, query, &[], true).unwrap().device.unwrap();
            assert_eq!(device.as_str(), "phone|7");
        }
        assert_eq!(read_with(None, "device=", &[], true).unwrap().device, None);
    }

    #[test]
    fn a_token_in_the_url_is_refused_with_what_to_do_instead() {
        for query in ["token=a.b.c", "ticket=t&token=", "token"] {
            let error = read_with(None, query, &[], true).unwrap_err();
            assert_eq!(error, CredentialsError::TokenInQuery);
            assert!(error.to_string().contains("access logs") && error.to_string().contains("?ticket="));
        }
    }

    #[test]
    fn made_up_identities_are_believed_in_development_only() {
        assert_eq!(read_with(None, "user=u1", &[], false), Err(CredentialsError::DevOnly));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (query, subprotocol, message) in [
            ("ticket=%zz", "hubwire.v1.json", "the parameter `ticket` is not percent-encoded UTF-8"),
            ("device=a%20b", "hubwire.v1.json", "the parameter `device` has the character ' ' at byte 1"),
            ("hold=yes", "hubwire.v1.json", "the parameter `hold` must be true"),
            ("ping=1", "hubwire.v1.json", "the parameter `ping` must be text"),
            ("user=", "hubwire.v1.json", "the user \"\" is empty"),
            ("", "hubwire.bearer.a", "the subprotocol hubwire.bearer.… does not end in the base64url of a token"),
            ("", "hubwire.bearer._w", "the subprotocol hubwire.bearer.… does not end in the base64url of a token"),
        ] {
            let error = read_with(None, query, &[subprotocol], true).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn of_several_credentials_none_is_guessed() {
        let bearer = "hubwire.bearer.YS5iLmM";
        for (authorization, query, subprotocols) in [
            (Some("Bearer a"), "ticket=t", &[][..]),
            (Some("Bearer a"), "", &[bearer][..]),
            (None, "ticket=t&user=u1", &[]),
            (None, "ticket=t", &[bearer]),
        ] {
            assert_eq!(read_with(authorization, query, subprotocols, true), Err(CredentialsError::Several));
        }
    }

    #[test]
    fn nothing_prints_tokens_and_tickets() {
        for credentials in [token("s3cret"), Credentials::Ticket("s3cret".into())] {
            assert!(!format!("{credentials:?}").contains("s3cret"));
        }
    }
}
