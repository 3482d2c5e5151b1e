//! Messages on topics and node channels.

mod body;
mod last_heard;
mod tops;

use super::stream_place::StreamPlace;
use crate::{CloseCode, Incarnation, SessionId};

/// What travels by pub/sub. The log is the truth; every one of these may be lost.
///
/// Layout: one ASCII letter, header fields separated by single spaces, a line feed, then raw bytes to the end. Written
/// so that a Lua script can build a `Publication` from what `XADD` returned. `H` is no kind: a seal begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterMessage<'a> {
    /// `P <stream> <pos> <prev>\n<envelope>`: a publication that is in the log.
    Publication {
        /// The stream's address as text.
        stream: &'a str,
        /// Its position.
        pos: crate::Position,
        /// The position before it in the log; `0-0` at the start of a stream.
        prev: crate::Position,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `B <stream> <pos> <prev> <stream> <pos> <prev>\n<envelope>`: a direct message of two users with sessions there.
    Direct {
        /// Where it stands in the sender's stream.
        copy: StreamPlace<'a>,
        /// Where it stands in the receiver's stream.
        receiver: StreamPlace<'a>,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `E <address>\n<envelope>`: an ephemeral action.
    Ephemeral {
        /// The receiver: a stream's address or `session:<uuid>`.
        address: &'a str,
        /// The envelope's bytes.
        envelope: &'a [u8],
    },
    /// `T <stream> <pos>\n`: the log's top, said some time after a publication so that the loss of the last one shows.
    Tail {
        /// The stream's address as text.
        stream: &'a str,
        /// Its last position, as far as the sender knows.
        pos: crate::Position,
    },
    /// `U\n<stream> <pos>\n<stream> <pos>\n…`: as `T`, of several users that have sessions on one node.
    Tails {
        /// Their streams' addresses as text, each with its last position, as far as the sender knows.
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
    /// `S <channel> <user>\n<state>`: what a user shows of itself there changed.
    State {
        /// The channel's address as text.
        channel: &'a str,
        /// The user.
        user: &'a str,
        /// The JSON text of a [`MemberState`](crate::MemberState); empty: it shows nothing any more.
        state: &'a [u8],
    },
    /// `F <channel> <user>\n<profile>`: the profile of a user there changed.
    Profile {
        /// The channel's address as text.
        channel: &'a str,
        /// The user.
        user: &'a str,
        /// The JSON text of a [`Profile`](crate::Profile); empty: it has none any more.
        profile: &'a [u8],
    },
    /// `W <user>\n`: a session of a watched user came or went, or its profile is another.
    Stirred {
        /// The user.
        user: &'a str,
    },
    /// `M <channel>\n`: the node is not the only one with members there any more, and is to follow the channel's topic.
    Company {
        /// The channel's address as text.
        channel: &'a str,
    },
    /// `C <session> <code>\n`: close that session.
    Close {
        /// Which one.
        session: SessionId,
        /// Why; one of [`CloseCode::ALL`].
        code: CloseCode,
    },
    /// `D\n`: drain, as by the node's own `POST /v1/drain`.
    Drain,
    /// `A <session> <channel>\n` / `R <session> <channel>\n`: the server has that session join, or takes it out.
    Place {
        /// Which one.
        session: SessionId,
        /// The channel's address as text.
        channel: &'a str,
        /// In or out.
        joined: bool,
    },
    /// `Q <session> <node> <call> <timeout ms>\n<json>`: the server API asks that session; the reply goes to that node.
    Call {
        /// Which one.
        session: SessionId,
        /// The node that waits for the reply.
        node: Incarnation,
        /// Which of its calls.
        call: u64,
        /// For how long it waits.
        timeout_ms: u64,
        /// `{"method":…,"params":…}`.
        body: &'a [u8],
    },
    /// `Y <call>\n<json>`: what became of a call, `{"result":…}`, `{"error":…}` or `{"refused":…}`.
    Returned {
        /// Which of the receiving node's calls.
        call: u64,
        /// The reply.
        body: &'a [u8],
    },
    /// `V <session>\n<json>`: the application's late answer to an rpc, `{"re":…,"brought":{"result":…}}`.
    LateReply {
        /// Which session asked.
        session: SessionId,
        /// The answer.
        body: &'a [u8],
    },
    /// `G <user> <node> <search>\n`: which of the user's sessions there was heard of last; the node is told.
    AskLastHeard {
        /// The user.
        user: &'a str,
        /// The node that asks.
        node: Incarnation,
        /// Which of its questions.
        search: u64,
    },
    /// `Z <search> <Unix ms> <session>\n` / `N <search>\n`: the answer; the user has no session there.
    LastHeard {
        /// Which of the receiving node's questions.
        search: u64,
        /// When its client said something last, and the session.
        latest: Option<(u64, SessionId)>,
    },
    /// `O <node> <id>\n<question>`: a node asks another one for an operator.
    Question {
        /// The node that asks.
        from: Incarnation,
        /// Names the question; the answer repeats it.
        id: u64,
        /// What is asked.
        question: &'a [u8],
    },
    /// `I <id>\n<answer>`: the answer to a question.
    Answer {
        /// Of which question.
        id: u64,
        /// What was found.
        answer: &'a [u8],
    },
}

/// Bytes that are no cluster message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cluster message is malformed: {reason}")]
pub struct MessageError {
    /// What is wrong.
    pub reason: &'static str,
}

/// Longest header line: two addresses or positions and separators fit well within.
const HEADER_BYTES_MAX: usize = 1024;

impl<'a> ClusterMessage<'a> {
    /// The bytes that are published.
    pub fn encode(&self) -> Vec<u8> {
        let (header, body): (String, &[u8]) = match self {
            ClusterMessage::Publication { stream, pos, prev, envelope } => {
                (format!("P {stream} {pos} {prev}\n"), envelope)
            }
            ClusterMessage::Direct { copy, receiver, envelope } => {
                let (one, other) = (copy, receiver);
                let header = format!(
                    "B {} {} {} {} {} {}\n",
                    one.stream, one.pos, one.prev, other.stream, other.pos, other.prev
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
            ClusterMessage::Close { session, code } => (format!("C {session} {}\n", code.code()), &[]),
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

    /// Reads what [`ClusterMessage::encode`], or a script that writes the same, wrote. Copies nothing.
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
                let code =
                    field()?.parse().ok().and_then(CloseCode::from_code).ok_or(error("a close code is unknown"))?;
                ClusterMessage::Close { session, code }
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
