"""The server API for programs that block."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import HubError
from .answers import Published, Session, Ticket
from .transport import Transport

_MANY = 64
_RETRIED = frozenset({"rate_limited", "overloaded", "broker_unavailable", "draining", "internal"})
_MANY_PAUSE = 0.2


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
        meta: Mapping[str, Any] | None = None,
    ) -> Published:
        """Publishes to any address. `id`: the idempotency key, by default a random one; `sender`: in whose name."""
        item = publication(to, type, payload, id=id, ephemeral=ephemeral, sender=sender, meta=meta)
        return Published.read(self._transport.call("POST", "/v1/publish", item))

    def publish_many(self, items: Sequence[Mapping[str, Any]]) -> list[Published | HubError]:
        """Publishes items with the keys of `publish`; what became of each, in their order. Those to one address are
        stored in their order, except that one which failed for a moment is repeated after the others."""
        wanted = [publication(**item) for item in items]
        results: list[Published | HubError] = [HubError("internal", "no answer")] * len(wanted)
        left = list(range(len(wanted)))
        deadline = time.monotonic() + self._timeout
        while True:
            for start in range(0, len(left), _MANY):
                part = left[start : start + _MANY]
                answers = self._transport.call("POST", "/v1/publish", [wanted[at] for at in part])["results"]
                for at, answer in zip(part, answers):
                    results[at] = _result(answer, wanted[at].get("id"))
            left = [at for at in left if _passes(results[at])]
            if not left or time.monotonic() + _MANY_PAUSE >= deadline:
                return results
            time.sleep(_MANY_PAUSE)

    def ticket(
        self,
        user: str,
        orgs: Mapping[str, Any] | None = None,
        *,
        device: str | None = None,
        expires_at: int | None = None,
    ) -> Ticket:
        """A one-time ticket for a user. `orgs`: as in tokens, `{"acme": {"roles": ["admin"], "teams": ["ops"]}}`."""
        body: dict[str, Any] = {"user": user}
        body.update({"orgs": dict(orgs)} if orgs else {})
        body.update({"device": device} if device is not None else {})
        body.update({"expires_at": expires_at} if expires_at is not None else {})
        answer = self._transport.call("POST", "/v1/tickets", body)
        return Ticket(answer["ticket"], answer["expires_in_ms"])

    def sessions(self, user: str) -> list[Session]:
        """The sockets of a user on all nodes, oldest first."""
        answer = self._transport.call("GET", f"/v1/users/{quote(user, safe='')}/sessions")
        return [
            Session(it["session"], it["incarnation"], it.get("device"), it["since_ms"], it.get("node"))
            for it in answer["sessions"]
        ]

    def presence(self, *, channel: str | None = None, user: str | None = None) -> dict[str, int]:
        """Who is in a channel, or whether a user is there: user to number of sessions."""
        if (channel is None) == (user is None):
            raise ValueError("give either channel or user")
        asked = {"channel": channel} if channel is not None else {"user": str(user)}
        answer = self._transport.call("GET", f"/v1/presence?{urlencode(asked)}")
        return {it["user"]: it["sessions"] for it in answer["users"]}

    def disconnect(self, user: str, code: int | None = None) -> int:
        """Closes all sessions of a user, with 4403 unless there is another code; how many were told."""
        body = {} if code is None else {"code": code}
        answer = self._transport.call("POST", f"/v1/users/{quote(user, safe='')}/disconnect", body)
        return int(answer["sessions"])

    def close(self) -> None:
        """Closes idle connections."""
        self._transport.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def publication(
    to: str,
    type: str,
    payload: Any = ...,
    *,
    id: str | None = None,
    ephemeral: bool = False,
    sender: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of a publication."""
    item: dict[str, Any] = {"to": to, "type": type}
    if payload is not ...:
        item["payload"] = payload
    if ephemeral:
        item["ephemeral"] = True
    else:
        item["id"] = id or secrets.token_urlsafe(12)
    if sender is not None:
        item["from"] = sender
    if meta is not None:
        item["meta"] = dict(meta)
    return item


def _result(answer: Mapping[str, Any], id: str | None) -> Published | HubError:
    told = answer.get("error")
    if not isinstance(told, dict):
        return Published.read(answer)
    error = HubError.told(told, id)
    error.retry = error.code in _RETRIED
    return error


def _passes(result: Published | HubError) -> bool:
    return isinstance(result, HubError) and result.retry
