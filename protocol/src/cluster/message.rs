//! Messages on topics and node channels.

mod body;
mod last_heard;
mod tops;

use super::stream_place::StreamPlace;
use crate::{CloseCode, Incarnation, SessionId};

/// A message sent by pub/sub between nodes. Delivery is at-most-once: any of these may be lost, and only the log is
/// authoritative.
///
///  Layout: one ASCII letter, header fields separated by single spaces, a line feed, then raw bytes to the end. The
///  format is simple enough for a Lua script to build a `Publication` from what `XADD` returned. The letter `H` is
///  reserved: sealed messages start with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterMessage<'a> {
    /// `P <stream> <pos> <prev>\n<envelope>`: a publication that is stored in the log.
    Publication {
        /// The stream's address as text.
        stream: &'a str,
        /// Its position.
        pos: crate::Position,
        /// The position before it in the log; `0-0` if it is the first of the stream.
        prev: crate::Position,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `B <stream> <pos> <prev> <stream> <pos> <prev>\n<envelope>`: a direct message of two users with sessions there.
    Direct {
        /// Its place in the sender's stream.
        copy: StreamPlace<'a>,
        /// Its place in the receiver's stream.
        receiver: StreamPlace<'a>,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `E <address>\n<envelope>`: an ephemeral action.
    Ephemeral {
        /// The address of the receivers: that of a stream, or `session:<uuid>`.
        address: &'a str,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `T <stream> <pos>\n`: the log's last position, sent a while after a publication to reveal the loss of the last.
    Tail {
        /// The stream's address as text.
        stream: &'a str,
        /// Its last position, as far as the sender knows.
        pos: crate::Position,
    },
    /// `U\n<stream> <pos>\n<stream> <pos>\n…`: as `T`, for several users with sessions on one node.
    Tails {
        /// Their streams' addresses as text, each with the last position known to the sender.
        tops: Vec<(&'a str, crate::Position)>,
    },
    /// `J <channel> <user>\n` / `L <channel> <user>\n`: a user's first session joined, its last session left.
    Presence {
        /// The channel's address as text.
        channel: &'a str,
        /// The user.
        user: &'a str,
        /// Joined or left.
        joined: bool,
    },
    /// `S <channel> <user>\n<state>`: a user's state in the channel changed.
    State {
        /// The channel's address as text.
        channel: &'a str,
        /// The user.
        user: &'a str,
        /// The JSON text of a [`MemberState`](crate::MemberState); empty: the user has no state any more.
        state: &'a [u8],
    },
    /// `F <channel> <user>\n<profile>`: the profile of a user in the channel changed.
    Profile {
        /// The channel's address as text.
        channel: &'a str,
        /// The user.
        user: &'a str,
        /// The JSON text of a [`Profile`](crate::Profile); empty: the user has no profile any more.
        profile: &'a [u8],
    },
    /// `W <user>\n`: a session of a watched user started or ended, or its profile changed.
    Stirred {
        /// The user.
        user: &'a str,
    },
    /// `M <channel>\n`: another node has members in it, too: the receiver has to subscribe to the channel's topic.
    Company {
        /// The channel's address as text.
        channel: &'a str,
    },
    /// `C <session> <code>\n<said>`: close that session.
    Close {
        /// The session.
        session: SessionId,
        /// The close code, one of [`CloseCode::ALL`].
        code: CloseCode,
        /// How an application says it ([`OwnClose`](crate::OwnClose)); empty where it does not.
        said: &'a [u8],
    },
    /// `D\n`: drain, as by the node's own `POST /v1/drain`.
    Drain,
    /// `A <session> <channel>\n` / `R <session> <channel>\n`: the server makes the session join or leave the channel.
    Place {
        /// The session.
        session: SessionId,
        /// The channel's address as text.
        channel: &'a str,
        /// Whether it joins.
        joined: bool,
    },
    /// `Q <session> <node> <call> <timeout ms>\n<json>`: the server API calls the session; the reply goes to the node.
    Call {
        /// The session.
        session: SessionId,
        /// The node that waits for the reply.
        node: Incarnation,
        /// Number of the call on that node.
        call: u64,
        /// How long that node waits, in milliseconds.
        timeout_ms: u64,
        /// `{"method":…,"params":…}`.
        body: &'a [u8],
    },
    /// `Y <call>\n<json>`: the outcome of a call, `{"result":…}`, `{"error":…}` or `{"refused":…}`.
    Returned {
        /// Number of the call on the receiving node.
        call: u64,
        /// The outcome.
        body: &'a [u8],
    },
    /// `V <session>\n<json>`: the application's late reply to an rpc, `{"re":…,"brought":{"result":…}}`.
    LateReply {
        /// The session that made the call.
        session: SessionId,
        /// The reply.
        body: &'a [u8],
    },
    /// `G <user> <node> <search>\n`: asks which of the user's sessions on the receiving node was active last; the
    /// answer goes to that node.
    AskLastHeard {
        /// The user.
        user: &'a str,
        /// The node that asks.
        node: Incarnation,
        /// Number of the search on that node.
        search: u64,
    },
    /// `Z <search> <Unix ms> <session>\n` / `N <search>\n`: the answer to `G`; `N` if the user has no session there.
    LastHeard {
        /// Number of the search on the receiving node.
        search: u64,
        /// The session that was active last, and the time of its client's last message.
        latest: Option<(u64, SessionId)>,
    },
    /// `O <node> <id>\n<question>`: a node queries another one on behalf of an operator.
    Question {
        /// The node that asks.
        from: Incarnation,
        /// Number of the question; the answer repeats it.
        id: u64,
        /// The question.
        question: &'a [u8],
    },
    /// `I <id>\n<answer>`: the answer to a question.
    Answer {
        /// Number of the question.
        id: u64,
        /// The answer.
        answer: &'a [u8],
    },
}

/// Bytes that are not a cluster message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cluster message is malformed: {reason}")]
pub struct MessageError {
    /// What is wrong.
    pub reason: &'static str,
}

/// Longest header line, in bytes: a direct message's two addresses and four positions fit well within.
const HEADER_BYTES_MAX: usize = 1024;

impl<'a> ClusterMessage<'a> {
    /// The bytes to publish.
    pub fn encode(&self) -> Vec<u8> {
        let (header, body): (String, &[u8]) = match self {
            ClusterMessage::Publication { stream, pos, prev, envelope } => {
                (format!("P {stream} {pos} {prev}\n"), envelope)
            }
            ClusterMessage::Direct { copy, receiver, envelope } => {
                let header = format!(
                    "B {} {} {} {} {} {}\n",
                    copy.stream, copy.pos, copy.prev, receiver.stream, receiver.pos, receiver.prev
                );
                (header, envelope)
            }
            ClusterMessage::Ephemeral { address, envelope } => (format!("E {address}\n"), envelope),
            ClusterMessage::Tail { stream, pos } => (format!("T {stream} {pos}\n"), &[]),
            ClusterMessage::Tails { .. } => ("U\n".to_owned(), &[]),
            ClusterMessage::Presence { channel, user, joined: true } => (format!("J {channel} {user}\n"), &[]),
            ClusterMessage::Presence { channel, user, joined: false } => (format!("L {channel} {user}\n"), &[]),
            ClusterMessage::State { channel, user, state } => (format!("S {channel} {user}\n"), state),
            ClusterMessage::Profile { channel, user, profile } => (format!("F {channel} {user}\n"), profile),
            ClusterMessage::Stirred { user } => (format!("W {user}\n"), &[]),
            ClusterMessage::Company { channel } => (format!("M {channel}\n"), &[]),
            ClusterMessage::Close { session, code, said } => (format!("C {session} {}\n", code.code()), said),
            ClusterMessage::Drain => ("D\n".to_owned(), &[]),
            ClusterMessage::Place { session, channel, joined: true } => (format!("A {session} {channel}\n"), &[]),
            ClusterMessage::Place { session, channel, joined: false } => (format!("R {session} {channel}\n"), &[]),
            ClusterMessage::Call { session, node, call, timeout_ms, body } => {
                (format!("Q {session} {node} {call} {timeout_ms}\n"), body)
            }
            ClusterMessage::Returned { call, body } => (format!("Y {call}\n"), body),
            ClusterMessage::LateReply { session, body } => (format!("V {session}\n"), body),
            ClusterMessage::AskLastHeard { user, node, search } => (format!("G {user} {node} {search}\n"), &[]),
            ClusterMessage::LastHeard { search, latest } => (last_heard::header(*search, *latest), &[]),
            ClusterMessage::Question { from, id, question } => (format!("O {from} {id}\n"), question),
            ClusterMessage::Answer { id, answer } => (format!("I {id}\n"), answer),
        };
        let mut out = header.into_bytes();
        if let ClusterMessage::Tails { tops } = self {
            tops::put(&mut out, tops);
        }
        out.extend_from_slice(body);
        out
    }

    /// Decodes what [`ClusterMessage::encode`], or a script that writes the same format, wrote. Copies nothing.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MessageError> {
        let error = |reason| MessageError { reason };
        let end = bytes.iter().take(HEADER_BYTES_MAX).position(|byte| *byte == b'\n').ok_or(error("no header line"))?;
        let header = std::str::from_utf8(&bytes[..end]).map_err(|_| error("header is not UTF-8"))?;
        let body = &bytes[end + 1..];
        let mut fields = header.split(' ');
        let kind = fields.next().unwrap_or_default();
        let mut field = || fields.next().filter(|field| !field.is_empty()).ok_or(error("a header field is missing"));
        let position = |text: &str| text.parse().map_err(|_| error("a position is malformed"));
        let session = |text: &str| text.parse().map_err(|_| error("a session is malformed"));
        let node = |text: &str| text.parse().map_err(|_| error("a node is malformed"));
        let number = |text: &str| text.parse().map_err(|_| error("a number is malformed"));
        let message = match kind {
            "P" => ClusterMessage::Publication {
                stream: field()?,
                pos: position(field()?)?,
                prev: position(field()?)?,
                envelope: body,
            },
            "B" => {
                let mut place =
                    || Ok(StreamPlace { stream: field()?, pos: position(field()?)?, prev: position(field()?)? });
                ClusterMessage::Direct { copy: place()?, receiver: place()?, envelope: body }
            }
            "E" => ClusterMessage::Ephemeral { address: field()?, envelope: body },
            "T" => ClusterMessage::Tail { stream: field()?, pos: position(field()?)? },
            "U" => ClusterMessage::Tails { tops: tops::read(body).ok_or(error("a line of tails is malformed"))? },
            "J" | "L" => ClusterMessage::Presence { channel: field()?, user: field()?, joined: kind == "J" },
            "S" => ClusterMessage::State { channel: field()?, user: field()?, state: body },
            "F" => ClusterMessage::Profile { channel: field()?, user: field()?, profile: body },
            "W" => ClusterMessage::Stirred { user: field()? },
            "M" => ClusterMessage::Company { channel: field()? },
            "C" => {
                let session = session(field()?)?;
                let code = field()?.parse().ok().and_then(CloseCode::from_code);
                ClusterMessage::Close { session, code: code.ok_or(error("a close code is unknown"))?, said: body }
            }
            "D" => ClusterMessage::Drain,
            "A" | "R" => ClusterMessage::Place { session: session(field()?)?, channel: field()?, joined: kind == "A" },
            "Q" => ClusterMessage::Call {
                session: session(field()?)?,
                node: node(field()?)?,
                call: number(field()?)?,
                timeout_ms: number(field()?)?,
                body,
            },
            "Y" => ClusterMessage::Returned { call: number(field()?)?, body },
            "V" => ClusterMessage::LateReply { session: session(field()?)?, body },
            "G" => ClusterMessage::AskLastHeard { user: field()?, node: node(field()?)?, search: number(field()?)? },
            "Z" => {
                let (search, at) = (number(field()?)?, number(field()?)?);
                ClusterMessage::LastHeard { search, latest: Some((at, session(field()?)?)) }
            }
            "N" => ClusterMessage::LastHeard { search: number(field()?)?, latest: None },
            "O" => ClusterMessage::Question { from: node(field()?)?, id: number(field()?)?, question: body },
            "I" => ClusterMessage::Answer { id: number(field()?)?, answer: body },
            _ => return Err(error("the kind is unknown")),
        };
        match (fields.next(), message.has_body() || body.is_empty()) {
            (None, true) => Ok(message),
            (Some(_), _) => Err(error("too many header fields")),
            (None, false) => Err(error("bytes after the end")),
        }
    }
}

#[cfg(test)]
mod tests;
