"""The server API for synchronous programs."""

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

    Each publication gets an idempotency key, so that retries are safe: it is stored once. If a node cannot serve a
    request, the next address is tried. Usable from several threads.
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
        """Publishes to any address. `id`: the idempotency key, by default a random one; `sender`: the user in whose
        name it is published; `except_`: users who do not receive it; `select`: restricts which sessions of a user
        receive it."""
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
        """Publishes the same to each of at most 100 addresses; returns the outcome for each, in their order."""
        item = publication(addresses, type, payload, id=id, sender=sender)
        answers = self._transport.call("POST", "/v1/publish", item)["results"]
        return [outcome(answer, item["id"]) for answer in answers]

    def publish_many(self, items: Sequence[Mapping[str, Any]]) -> list[Published | HubError]:
        """Publishes items with the keys of `publish`; returns the outcome of each, in their order. Publications to the
        same address are stored in their order, except that one that fails temporarily is retried after the others."""
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
        """Issues a one-time ticket for a user. `orgs`: as in tokens, `{"acme": {"roles": ["admin"], "teams":
        ["ops"]}}`; `expires_at`: when the session must end, in Unix seconds; `scopes`: restricts or extends the
        session's rights."""
        body = _given(
            user=user, orgs=dict(orgs or {}), device=device, expires_at=expires_at, scopes=list(scopes) or None
        )
        return read(Ticket, self._transport.call("POST", "/v1/tickets", body))

    def user(self, user: str) -> UserStatus:
        """The status of a user: sessions, stream, cursors of its devices, and whether it is blocked."""
        return UserStatus.read(self._get("/v1/users", user))

    def sessions(self, user: str) -> list[Session]:
        """The sessions of a user on all nodes, oldest first."""
        return list(all_of(Session, self._get("/v1/users", user, "sessions")["sessions"]))

    def session(self, session: str) -> SessionStatus:
        """The status of a session, from its node."""
        return SessionStatus.read(self._get("/v1/sessions", session))

    def presence(self, *, channel: str | None = None, user: str | None = None) -> dict[str, int]:
        """The members of a channel, or whether a user is online: number of sessions by user."""
        if (channel is None) == (user is None):
            raise ValueError("give either channel or user")
        answer = self._get("/v1/presence", channel=channel, user=user)
        return {it["user"]: it["sessions"] for it in answer["users"]}

    def members(self, address: str, *, after: str | None = None, limit: int | None = None) -> dict[str, Member]:
        """The members of a channel, an organisation or a team with their states and profiles: all, or a page of `limit`
        after the user `after`."""
        return members_of(self._get("/v1/presence", channel=address, after=after, limit=limit)["users"])

    def count(self, address: str) -> int:
        """The number of users."""
        return int(self._get("/v1/presence", channel=address, limit=1)["count"])

    def set_profile(self, user: str, name: str | None = None, meta: Mapping[str, Any] | None = None) -> None:
        """Replaces a user's profile; without arguments it is removed."""
        body = _given(name=name, meta=None if meta is None else dict(meta))
        self._transport.call("PUT", _path("/v1/users", user, "profile"), body)

    def disconnect(self, user: str, code: int | None = None) -> int:
        """Closes all sessions of a user, by default with 4403; returns their number."""
        return int(self._post("/v1/users", user, "disconnect", body=_given(code=code))["sessions"])

    def disconnect_session(self, session: str, code: int | None = None) -> int:
        """Closes one session."""
        return int(self._post("/v1/sessions", session, "disconnect", body=_given(code=code))["sessions"])

    def call(self, session: str, method: str, params: Any = None, *, timeout: float = 10.0) -> Any:
        """Calls a method of a session's client at most once, and returns its result. Raises `RpcError` for an error of
        the client."""
        body = {"method": method, "params": params, "timeout_ms": max(1, round(timeout * 1000))}
        path = _path("/v1/sessions", session, "rpc")
        answer = self._transport.call("POST", path, body, once=True, timeout=timeout + self._timeout)
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer.get("result")

    def reply(self, session: str, re: str, result: Any = None, *, error: Any = ...) -> int:
        """Sends the late reply to an rpc of a session, after the application promised one; `re`: the id of the rpc."""
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
        """A page of the occupied channels, in order, after the channel `after`."""
        answer = self._get("/v1/channels", org=org, prefix=prefix, after=after, limit=limit)
        return ChannelPage(all_of(ChannelSummary, answer["channels"]), answer["more"], tuple(answer["silent"]))

    def channel(self, channel: str, *, after: str | None = None, limit: int | None = None) -> ChannelStatus:
        """The status of a channel: its log, its sessions by node, and a page of its users after the user `after`."""
        answer = self._get("/v1/channels", channel, after=after, limit=limit)
        users = {it["user"]: it["sessions"] for it in answer["users"]}
        stream, nodes = read(StreamStatus, answer["stream"]), tuple(answer["nodes"])
        return read(ChannelStatus, answer, stream=stream, users=users, nodes=nodes)

    def join(self, channel: str, user: str, *, persist: bool = False) -> int:
        """Makes all sessions of a user join a channel; returns their number. `persist`: later sessions, too."""
        query = {"persist": "true"} if persist else {}
        return int(self._post("/v1/channels", channel, "members", user, **query)["sessions"])

    def kick(self, channel: str, user: str) -> int:
        """Takes all sessions of a user out of a channel; returns their number."""
        return int(self._delete("/v1/channels", channel, "members", user)["sessions"])

    def close_channel(self, channel: str) -> int:
        """Takes all users out of a channel; returns the number of sessions."""
        return int(self._delete("/v1/channels", channel, "members")["sessions"])

    def store_snapshot(self, channel: str, payload: Any, pos: str) -> None:
        """Stores the state of a channel at a position, for clients that join with a snapshot."""
        body = {"pos": pos, "payload": payload}
        self._transport.call("PUT", _path("/v1/channels", channel, "snapshot"), body)

    def stream(self, stream: str) -> StreamStatus:
        """The status of a log."""
        return read(StreamStatus, self._get("/v1/streams", stream))

    def history(
        self, stream: str, *, before: str | None = None, after: str | None = None, limit: int | None = None
    ) -> HistoryPage:
        """A page of a log, oldest first: its newest publications, the newest before a position, or the oldest after
        one."""
        answer = self._get("/v1/streams", stream, "history", before=before, after=after, limit=limit)
        return HistoryPage(tuple(map(Publication.read, answer["publications"])), answer["more"])

    def purge(self, stream: str, up_to: str | None = None) -> int:
        """Removes publications from a log: all, or up to and including a position; returns their number."""
        return int(self._delete("/v1/streams", stream, "publications", up_to=up_to)["publications"])

    def erase(self, user: str) -> Erased:
        """Closes the sessions of a user and removes its stored data. What it sent to others remains in their
        streams."""
        return read(Erased, self._post("/v1/users", user, "erase"))

    def block(self, user: str, seconds: int, reason: str | None = None) -> int:
        """Closes all sessions of a user and refuses new ones for a time; returns the seconds until that ends."""
        return int(self._post("/v1/users", user, "block", body=_given(seconds=seconds, reason=reason))["expires_in_s"])

    def unblock(self, user: str) -> bool:
        """Ends the blocking of a user; returns whether it was blocked."""
        return bool(self._post("/v1/users", user, "unblock")["was_blocked"])

    def block_address(self, address: str, seconds: int, reason: str | None = None) -> int:
        """Blocks an address or a network for a time; returns the seconds until that ends."""
        body = _given(address=address, seconds=seconds, reason=reason)
        return int(self._post("/v1/addresses/block", body=body)["expires_in_s"])

    def unblock_address(self, address: str) -> bool:
        """Ends the blocking of an address or a network; returns whether it was blocked."""
        return bool(self._post("/v1/addresses/unblock", body={"address": address})["was_blocked"])

    def revoke_token(self, jti: str, *, seconds: int | None = None) -> int:
        """Revokes one token by its `jti`; returns the seconds for which the revocation is stored."""
        return int(self._post("/v1/tokens/revoke", body=_given(jti=jti, seconds=seconds))["expires_in_s"])

    def revoke_tokens(self, user: str, issued_before: int, *, seconds: int | None = None) -> int:
        """Revokes all tokens of a user that were issued before an instant, in Unix seconds."""
        body = _given(user=user, issued_before=issued_before, seconds=seconds)
        return int(self._post("/v1/tokens/revoke", body=body)["expires_in_s"])

    def blocks(self) -> Blocks:
        """Blocked users and addresses, and revoked tokens."""
        told = self._get("/v1/blocks")
        return Blocks(
            all_of(Block, told["blocks"]), all_of(Block, told["addresses"]), all_of(Revocation, told["revocations"])
        )

    def dead_events(self, limit: int | None = None) -> DeadEvents:
        """The oldest server events that could not be delivered to the application."""
        answer = self._get("/v1/events/dead", limit=limit)
        return DeadEvents(tuple(answer["events"]), answer["count"])

    def replay_events(self, limit: int | None = None) -> int:
        """Schedules the oldest of them for another delivery; returns their number."""
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
    """A path with percent-encoded parts, and a query."""
    path = "/".join([root, *(quote(part, safe="") for part in parts)])
    asked = _given(**query)
    return f"{path}?{urlencode(asked)}" if asked else path


def _given(**values: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {key: value for key, value in values.items() if value is not None}
