"""The errors of this library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Outcome = Literal["not_done", "unknown"]


class HubError(Exception):
    """An action, a request or the connection failed.

    `code` is one of the node's error codes or of `hubwire.codes.LOCAL_CODES`. `outcome` tells whether the action may
    have been executed in spite of the error: `not_done`, or `unknown` if it was sent and not answered in time. `path`
    locates the fault in the payload, as a JSON Pointer, if the code is `schema_mismatch`.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        retry: bool = False,
        retry_after: float | None = None,
        id: str | None = None,
        path: str | None = None,
        outcome: Outcome = "not_done",
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.retry = retry
        self.retry_after = retry_after
        self.id = id
        self.path = path
        self.outcome: Outcome = outcome

    @classmethod
    def told(cls, payload: Mapping[str, Any], id: str | None = None) -> HubError:
        """The error in the payload of an `@@hub/error`, or of one stream in a `@@hub/resumed`."""
        after = payload.get("retry_after_ms")
        path = payload.get("path")
        return cls(
            str(payload.get("code", "internal")),
            str(payload.get("message", "")),
            retry=payload.get("retry") is True,
            retry_after=after / 1000 if isinstance(after, (int, float)) else None,
            id=id,
            path=path if isinstance(path, str) else None,
        )


class RpcError(Exception):
    """The application answered an rpc with an error of its own, in its own format."""

    def __init__(self, method: str, error: Any) -> None:
        super().__init__(f"{method} was answered with an error: {error!r}")
        self.method = method
        self.error = error


class Unauthorized(Exception):
    """Raise this in `get_token` or `get_ticket` when the user may not connect: the client fails instead of asking
    again."""
