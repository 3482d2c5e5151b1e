//! The routes of the public listener.

use crate::http::api::{index, session, stream, tickets};
use crate::http::{health, version};

routes! {
    /// Paths and methods of the public listener.
    PUBLIC, configure, describe on Public:
    "/" {
        /// Says what answers here.
        GET index: index::show
    }
    "/v1/tickets" by share {
        /// Makes a one-time ticket for a socket.
        ///
        /// On the public listener: send a token as `Authorization: Bearer`, and no body; the ticket is of the token's
        /// user. On the internal listener: send an API key with the scope `tickets`, and in the body whom the ticket is
        /// for. A ticket is taken once, on any node, and never outlives the credentials it stands for.
        POST createTicket (Token): tickets::exchange
    }
    "/v1/session" by share_with_cookies {
        /// Sets the session cookie for the bearer of a token.
        ///
        /// Sent by a page with `credentials` set to `include`; the page's origin must stand in `auth.allowed_origins`.
        /// 404 where there are no session cookies, since `auth.cookie_keys` is empty.
        POST beginSession (Token): session::begin,
        /// Has the browser forget the session cookie.
        ///
        /// Sockets that are open stay open. 404 where there are no session cookies.
        DELETE endSession: session::end
    }
    "/stream" by share_with_cookies {
        /// Opens a session without a WebSocket.
        ///
        /// The response does not end. Its first event, `session`, holds `session` and `key`; each further event is an
        /// action as JSON; the last one, `close`, holds a close `code` and its `reason`. Query and credentials are
        /// those of `/ws`.
        GET openStream (TokenIfAny): stream::open
    }
    "/stream/{session}" by share_with_cookies {
        /// Hands actions to the session of a stream, from any node.
        ///
        /// What becomes of them is said on the stream. Posts are read in the order they are taken.
        POST postToStream (StreamKey): stream::post,
        /// Ends the session of a stream whose client is done.
        DELETE endStream (StreamKey): stream::end
    }
    "/healthz" { GET: health::alive }
    "/readyz" { GET: health::ready_in_short }
    "/version" { GET: version::show }
}
