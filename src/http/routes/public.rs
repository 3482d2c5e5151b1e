//! The routes of the public listener.

use crate::http::api::{index, session, stream, tickets};
use crate::http::{health, version};

routes! {
    /// Paths and methods of the public listener.
    PUBLIC, configure, describe on Public:
    "/" {
        /// Shows the name and version of the program.
        GET index: index::show
    }
    "/v1/tickets" by share {
        /// Makes a one-time ticket for a socket.
        ///
        /// On the public listener, send a token as `Authorization: Bearer`, and no body; the ticket is for the user of
        /// the token. On the internal listener, send an API key with the scope `tickets`, and the user in the body. A
        /// ticket can be redeemed once, on any node, and never outlives the credentials from which it was made.
        POST createTicket (Token): tickets::exchange
    }
    "/v1/session" by share_with_cookies {
        /// Sets the session cookie for the bearer of a token.
        ///
        /// A page sends this request with `credentials` set to `include`; its origin must be listed in
        /// `auth.allowed_origins`. 404 if `auth.cookie_keys` is empty: then there are no session cookies.
        POST beginSession (Token): session::begin,
        /// Deletes the session cookie in the browser.
        ///
        /// Open sockets stay open. 404 if there are no session cookies.
        DELETE endSession: session::end
    }
    "/stream" by share_with_cookies {
        /// Opens a session without a WebSocket.
        ///
        /// The response is a stream of events. The first one, `session`, holds `session` and `key`; each further event
        /// is an action as JSON; the last one, `close`, holds a close `code` and its `reason`. Query and credentials
        /// are those of `/ws`.
        GET openStream (TokenIfAny): stream::open
    }
    "/stream/{session}" by share_with_cookies {
        /// Sends actions to the session of a stream, through any node.
        ///
        /// Their outcomes arrive as events of the stream. The session reads posts in the order in which they were
        /// accepted.
        POST postToStream (StreamKey): stream::post,
        /// Ends the session of a stream.
        DELETE endStream (StreamKey): stream::end
    }
    "/healthz" { GET: health::alive }
    "/readyz" { GET: health::ready_in_short }
    "/version" { GET: version::show }
}
