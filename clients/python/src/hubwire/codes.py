"""Error codes, close codes, and the client's reaction to each close.

A test compares the tables with those of the node's documentation, which are generated from its source.
"""

from __future__ import annotations

from enum import Enum

ERROR_CODES = frozenset(
    {
        "bad_syntax",
        "bad_action",
        "wrong_frame_kind",
        "too_deep",
        "too_many",
        "too_big",
        "unknown_type",
        "forbidden_type",
        "bad_payload",
        "schema_mismatch",
        "missing_address",
        "bad_address",
        "unauthenticated",
        "bad_credentials",
        "forbidden",
        "not_joined",
        "too_many_channels",
        "rate_limited",
        "overloaded",
        "broker_unavailable",
        "draining",
        "internal",
        "id_conflict",
        "token_expired",
        "token_revoked",
        "disconnected",
        "stream_full",
        "not_found",
        "timeout",
    }
)
"""Codes that a node may send."""

LOCAL_CODES = frozenset(
    {
        "queue_full",
        "expired",
        "timeout",
        "closed",
        "cancelled",
        "too_big",
        "not_connected",
        "failed",
        "disconnected",
    }
)
"""Codes of this library."""

CLOSE_CODES = {
    1000: "",
    1001: "going away",
    1002: "protocol error",
    1007: "not UTF-8",
    1009: "message too big",
    1011: "internal error",
    4000: "draining",
    4001: "timeout",
    4100: "overloaded",
    4101: "slow consumer",
    4102: "broker unavailable",
    4400: "bad frame",
    4401: "unauthenticated",
    4403: "forbidden",
    4406: "subprotocol",
    4408: "auth timeout",
    4409: "replaced",
    4413: "session limit",
    4429: "abuse",
}
"""Codes with which a node closes, and their reasons."""

UNAUTHENTICATED = 4401


class Verdict(Enum):
    """How a client reacts to a close."""

    AT_ONCE = "reconnect at once"
    BACK_OFF = "reconnect with growing pauses"
    BACK_OFF_LONGER = "reconnect with growing pauses that begin longer"
    ASK_AGAIN = "ask the provider for other credentials"
    STOP = "stop until the application acts"


def verdict(code: int | None) -> Verdict:
    """The reaction to a close code; `None` if there was no connection. Unknown codes are judged by their range."""
    if code is None:
        return Verdict.BACK_OFF
    if code == UNAUTHENTICATED:
        return Verdict.ASK_AGAIN
    if 4400 <= code <= 4499:
        return Verdict.STOP
    if 4000 <= code <= 4099:
        return Verdict.AT_ONCE
    if 4100 <= code <= 4199 or 1011 <= code <= 1013:
        return Verdict.BACK_OFF_LONGER
    return Verdict.BACK_OFF
