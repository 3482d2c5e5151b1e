"""The server API for programs that block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from ..client.presence import Member, members_of
from ..client.sending import Select
from ..errors import HubError, RpcError
from ..events import Publication
from .answers import (
    Block,
    Blocks,
    ChannelPage,
    ChannelStatus,
    ChannelSummary,
    DeadEvents,
    Erased,
    HistoryPage,
    Published,
    Revocation,
    Session,
    SessionStatus,
    StreamStatus,
    Ticket,
    UserStatus,
    all_of,
    read,
)
from .publishing import outcome, publication, publish_many
from .transport import Transport


class Server:
    """The server API of the nodes at these addresses (their internal listeners).

    Each publication gets an idempotency key, so that repeating is safe: it is stored once. A node that cannot serve is
    followed by the next. Usable from several threads.
    """

    def __init__(self, urls: str | Sequence[str], api_key: str, *, timeout: float = 10.0) -> None:
        self._transport = Transport([urls] if isinstance(urls, str) else list(urls), api_key, timeout)
        self._timeout = timeout

    def publish(
        self,
        to: str,
        type: str,
        payload: Any = ...,
        *,
        id: str | None = None,
        ephemeral: bool = False,
        sender: str | None = None,
        error: bool = False,
        meta: Mapping[str, Any] | None = None,
        except_: Iterable[str] = (),
        select: Select | None = None,
    ) -> Published:
        """Publishes to any address. `id`: the idempotency key, by default a random one; `sender`: in whose name;
        `except_`: users who do not get it; `select`: which sessions of a user are told."""
        item = publication(
            to,
            type,
            payload,
            id=id,
            ephemeral=ephemeral,
            sender=sender,
            error=error,
            meta=meta,
            except_=except_,
            select=select,
        )
        return read(Published, self._transport.call("POST", "/v1/publish", item))

    def publish_to(
        self,
        addresses: Sequence[str],
        type: str,
        payload: Any = ...,
        *,
        id: str | None = None,
        sender: str | None = None,
    ) -> list[Published | HubError]:
        """Publishes the same to each of at most 100 addresses; what became of it at each, in their order."""
        item = publication(addresses, type, payload, id=id, sender=sender)
        answers = self._transport.call("POST", "/v1/publish", item)["results"]
        return [outcome(answer, item["id"]) for answer in answers]

    def publish_many(self, items: Sequence[Mapping[str, Any]]) -> list[Published | HubError]:
        """Publishes items with the keys of `publish`; what became of each, in their order. Those to one address are
        stored in their order, except that one which failed for a moment is repeated after the others."""
        wanted = [publication(**item) for item in items]
        return publish_many(self._transport, wanted, self._timeout)

    def ticket(
        self,
        user: str,
        orgs: Mapping[str, Any] | None = None,
        *,
        device: str | None = None,
        expires_at: int | None = None,
        scopes: Sequence[str] = (),
    ) -> Ticket:
        """A one-time ticket for a user. `orgs`: as in tokens, `{"acme": {"roles": ["admin"], "teams": ["ops"]}}`;
        `expires_at`: when the session must end, in Unix seconds; `scopes`: what it may do only, or beside."""
        body = _given(
            user=user, orgs=dict(orgs or {}), device=device, expires_at=expires_at, scopes=list(scopes) or None
        )
        return read(Ticket, self._transport.call("POST", "/v1/tickets", body))

    def user(self, user: str) -> UserStatus:
        """A user: its sessions, its stream, the cursors of its devices, and whether it is blocked."""
        return UserStatus.read(self._get("/v1/users", user))

    def sessions(self, user: str) -> list[Session]:
        """The sockets of a user on all nodes, oldest first."""
        return list(all_of(Session, self._get("/v1/users", user, "sessions")["sessions"]))

    def session(self, session: str) -> SessionStatus:
        """What its node knows of a session."""
        return SessionStatus.read(self._get("/v1/sessions", session))

    def presence(self, *, channel: str | None = None, user: str | None = None) -> dict[str, int]:
        """Who is in a channel, or whether a user is there: user to number of sessions."""
        if (channel is None) == (user is None):
            raise ValueError("give either channel or user")
        answer = self._get("/v1/presence", channel=channel, user=user)
        return {it["user"]: it["sessions"] for it in answer["users"]}

    def members(self, address: str, *, after: str | None = None, limit: int | None = None) -> dict[str, Member]:
        """The members of a channel, an organisation or a team with what they show and are called: all, or a page of
        `limit` behind the user `after`."""
        return members_of(self._get("/v1/presence", channel=address, after=after, limit=limit)["users"])

    def count(self, address: str) -> int:
        """How many users are there."""
        return int(self._get("/v1/presence", channel=address, limit=1)["count"])

    def set_profile(self, user: str, name: str | None = None, meta: Mapping[str, Any] | None = None) -> None:
        """What the user is called and looks like, instead of what was said before; nothing at all ends it."""
        body = _given(name=name, meta=None if meta is None else dict(meta))
        self._transport.call("PUT", _path("/v1/users", user, "profile"), body)

    def disconnect(self, user: str, code: int | None = None) -> int:
        """Closes all sessions of a user, with 4403 unless there is another code; how many were told."""
        return int(self._post("/v1/users", user, "disconnect", body=_given(code=code))["sessions"])

    def disconnect_session(self, session: str, code: int | None = None) -> int:
        """The same with one session."""
        return int(self._post("/v1/sessions", session, "disconnect", body=_given(code=code))["sessions"])

    def call(self, session: str, method: str, params: Any = None, *, timeout: float = 10.0) -> Any:
        """Asks the client of a session, at most once, and returns its result. Raises `RpcError` for an error of the
        client's own."""
        body = {"method": method, "params": params, "timeout_ms": max(1, round(timeout * 1000))}
        path = _path("/v1/sessions", session, "rpc")
        answer = self._transport.call("POST", path, body, once=True, timeout=timeout + self._timeout)
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer.get("result")

    def reply(self, session: str, re: str, result: Any = None, *, error: Any = ...) -> int:
        """Answers an rpc of a session that the application promised to answer later; `re`: the id it was asked with."""
        body = {"re": re, "result": result} if error is ... else {"re": re, "error": error}
        return int(self._post("/v1/sessions", session, "reply", body=body)["sessions"])

    def channels(
        self,
        *,
        org: str | None = None,
        prefix: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> ChannelPage:
        """A page of the channels that somebody is in, in order: those behind the channel `after`."""
        answer = self._get("/v1/channels", org=org, prefix=prefix, after=after, limit=limit)
        return ChannelPage(all_of(ChannelSummary, answer["channels"]), answer["more"], tuple(answer["silent"]))

    def channel(self, channel: str, *, after: str | None = None, limit: int | None = None) -> ChannelStatus:
        """A channel: its log, its sessions by node, and a page of its users, those behind the user `after`."""
        answer = self._get("/v1/channels", channel, after=after, limit=limit)
        users = {it["user"]: it["sessions"] for it in answer["users"]}
        stream, nodes = read(StreamStatus, answer["stream"]), tuple(answer["nodes"])
        return read(ChannelStatus, answer, stream=stream, users=users, nodes=nodes)

    def join(self, channel: str, user: str, *, persist: bool = False) -> int:
        """Has all sessions of a user join a channel; how many were told. `persist`: those that it opens later, too."""
        query = {"persist": "true"} if persist else {}
        return int(self._post("/v1/channels", channel, "members", user, **query)["sessions"])

    def kick(self, channel: str, user: str) -> int:
        """Takes all sessions of a user out of a channel; how many were told."""
        return int(self._delete("/v1/channels", channel, "members", user)["sessions"])

    def close_channel(self, channel: str) -> int:
        """Takes everybody out of a channel; how many sessions were told."""
        return int(self._delete("/v1/channels", channel, "members")["sessions"])

    def store_snapshot(self, channel: str, payload: Any, pos: str) -> None:
        """Keeps the state of a channel at a position, for those who join with a snapshot."""
        body = {"pos": pos, "payload": payload}
        self._transport.call("PUT", _path("/v1/channels", channel, "snapshot"), body)

    def stream(self, stream: str) -> StreamStatus:
        """What a log holds."""
        return read(StreamStatus, self._get("/v1/streams", stream))

    def history(
        self, stream: str, *, before: str | None = None, after: str | None = None, limit: int | None = None
    ) -> HistoryPage:
        """A page of a log, oldest first: its newest publications, the newest before a position, or the oldest after
        one."""
        answer = self._get("/v1/streams", stream, "history", before=before, after=after, limit=limit)
        return HistoryPage(tuple(map(Publication.read, answer["publications"])), answer["more"])

    def purge(self, stream: str, up_to: str | None = None) -> int:
        """Removes what a log holds: all, or up to a position, that one included; how many publications went."""
        return int(self._delete("/v1/streams", stream, "publications", up_to=up_to)["publications"])

    def erase(self, user: str) -> Erased:
        """Closes the sessions of a user and removes what is kept of it. What it sent to others is in their streams."""
        return read(Erased, self._post("/v1/users", user, "erase"))

    def block(self, user: str, seconds: int, reason: str | None = None) -> int:
        """Closes all sessions of a user and lets it have no other for a time; the seconds until that ends."""
        return int(self._post("/v1/users", user, "block", body=_given(seconds=seconds, reason=reason))["expires_in_s"])

    def unblock(self, user: str) -> bool:
        """Ends that; whether the user was blocked."""
        return bool(self._post("/v1/users", user, "unblock")["was_blocked"])

    def block_address(self, address: str, seconds: int, reason: str | None = None) -> int:
        """Blocks an address or a network for a time; the seconds until that ends."""
        body = _given(address=address, seconds=seconds, reason=reason)
        return int(self._post("/v1/addresses/block", body=body)["expires_in_s"])

    def unblock_address(self, address: str) -> bool:
        """Ends that; whether it was blocked."""
        return bool(self._post("/v1/addresses/unblock", body={"address": address})["was_blocked"])

    def revoke_token(self, jti: str, *, seconds: int | None = None) -> int:
        """Revokes one token by its `jti`; the seconds for which that is kept."""
        return int(self._post("/v1/tokens/revoke", body=_given(jti=jti, seconds=seconds))["expires_in_s"])

    def revoke_tokens(self, user: str, issued_before: int, *, seconds: int | None = None) -> int:
        """Revokes all tokens of a user that were issued before an instant, in Unix seconds."""
        body = _given(user=user, issued_before=issued_before, seconds=seconds)
        return int(self._post("/v1/tokens/revoke", body=body)["expires_in_s"])

    def blocks(self) -> Blocks:
        """Users and addresses that are blocked, and tokens that are revoked."""
        told = self._get("/v1/blocks")
        return Blocks(
            all_of(Block, told["blocks"]), all_of(Block, told["addresses"]), all_of(Revocation, told["revocations"])
        )

    def dead_events(self, limit: int | None = None) -> DeadEvents:
        """The oldest server events that the application did not take."""
        answer = self._get("/v1/events/dead", limit=limit)
        return DeadEvents(tuple(answer["events"]), answer["count"])

    def replay_events(self, limit: int | None = None) -> int:
        """Has the oldest of them delivered again; how many."""
        return int(self._transport.call("POST", "/v1/events/replay", _given(limit=limit), once=True)["events"])

    def close(self) -> None:
        """Closes idle connections."""
        self._transport.close()

    def _get(self, *parts: str, **query: Any) -> Any:
        return self._transport.call("GET", _path(*parts, **query))

    def _post(self, *parts: str, body: Any = None, **query: Any) -> Any:
        return self._transport.call("POST", _path(*parts, **query), body)

    def _delete(self, *parts: str, **query: Any) -> Any:
        return self._transport.call("DELETE", _path(*parts, **query))

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _path(root: str, *parts: str, **query: Any) -> str:
    """A path whose parts may have any letters, and what is asked."""
    path = "/".join([root, *(quote(part, safe="") for part in parts)])
    asked = _given(**query)
    return f"{path}?{urlencode(asked)}" if asked else path


def _given(**values: Any) -> dict[str, Any]:
    """What was given."""
    return {key: value for key, value in values.items() if value is not None}
