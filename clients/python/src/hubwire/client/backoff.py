"""The pauses between connection attempts."""

from __future__ import annotations

from ..codes import Verdict
from ..options import Environment, Reconnect

STEADY_AFTER = 10.0
"""After a connection has lasted this long, the pauses start small again."""
_LONGER_BASE, _LONGER_CAP = 2.0, 30.0
_AT_ONCE = 0.5


class Backoff:
    """Exponential backoff with full jitter, so that clients disconnected together do not reconnect together."""

    def __init__(self, reconnect: Reconnect, environment: Environment) -> None:
        self._options = reconnect
        self._random = environment.random
        self._step = 0
        self._failures = 0

    def connected(self) -> None:
        """Records a *welcome*."""
        self._failures = 0

    def steady(self) -> None:
        """Records that the connection has lasted long enough."""
        self._step = 0

    @property
    def exhausted(self) -> bool:
        """Whether the options allow no further attempt in a row."""
        return self._failures >= self._options.attempts

    def pause(self, verdict: Verdict, at_least: float | None = None) -> float:
        """Seconds until the next attempt. `at_least` is what the node asked for: `bye.retry_in_ms` or `Retry-After`."""
        self._failures += 1
        if verdict is Verdict.AT_ONCE:
            return at_least if at_least is not None else self._random() * _AT_ONCE
        base, cap = self._options.base, self._options.cap
        if verdict is Verdict.BACK_OFF_LONGER:
            base, cap = max(base, _LONGER_BASE), max(cap, _LONGER_CAP)
        longest = min(cap, base * 2.0 ** min(self._step, 30))
        self._step += 1
        return max(at_least or 0.0, self._random() * longest)
