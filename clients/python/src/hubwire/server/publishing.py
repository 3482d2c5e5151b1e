"""Bodies of publications, and their outcomes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..client.sending import Select
from ..errors import HubError
from .answers import Published, read
from .transport import Transport

_MANY = 64
_RETRIED = frozenset({"rate_limited", "overloaded", "broker_unavailable", "draining", "internal"})
_MANY_PAUSE = 0.2


def publication(
    to: str | Sequence[str],
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
) -> dict[str, Any]:
    """The body of a publication."""
    item: dict[str, Any] = {"to": to if isinstance(to, str) else list(to), "type": type}
    if payload is not ...:
        item["payload"] = payload
    if ephemeral:
        item["ephemeral"] = True
    else:
        item["id"] = id or secrets.token_urlsafe(12)
    more = {
        "from": sender,
        "error": error or None,
        "meta": None if meta is None else dict(meta),
        "except": list(except_) or None,
        "select": select if select is None or isinstance(select, str) else dict(select),
    }
    item.update({key: value for key, value in more.items() if value is not None})
    return item


def publish_many(transport: Transport, wanted: Sequence[Any], timeout: float) -> list[Published | HubError]:
    """Publishes in as many requests as needed; retries temporary failures until the timeout."""
    results: list[Published | HubError] = [HubError("internal", "no answer")] * len(wanted)
    left = list(range(len(wanted)))
    deadline = time.monotonic() + timeout
    while True:
        for start in range(0, len(left), _MANY):
            part = left[start : start + _MANY]
            answers = transport.call("POST", "/v1/publish", [wanted[at] for at in part])["results"]
            for at, answer in zip(part, answers):
                results[at] = outcome(answer, wanted[at].get("id"))
        left = [at for at in left if _passes(results[at])]
        if not left or time.monotonic() + _MANY_PAUSE >= deadline:
            return results
        time.sleep(_MANY_PAUSE)


def outcome(answer: Mapping[str, Any], id: str | None) -> Published | HubError:
    """The outcome of one publication."""
    told = answer.get("error")
    if not isinstance(told, dict):
        return read(Published, answer)
    error = HubError.told(told, id)
    error.retry = error.code in _RETRIED
    return error


def _passes(result: Published | HubError) -> bool:
    return isinstance(result, HubError) and result.retry
