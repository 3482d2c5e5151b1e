"""Stays below the rate limit of the node, so that nothing is refused and the order is kept."""

from __future__ import annotations

from typing import Callable

from ..codec import Limits

_SHARE = 0.9
"""Share of the node's rate that actions may use; joins, pings and requests need the rest."""


class Pace:
    """A token bucket like the node's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = self._burst = self._tokens = 0.0
        self._at = 0.0

    def begin(self, limits: Limits) -> None:
        """A session begins with a full bucket."""
        self._rate = limits.actions_per_second * _SHARE
        self._burst = self._tokens = max(1.0, max(limits.actions_burst, limits.actions_per_second) * _SHARE)
        self._at = self._clock()

    def ready(self) -> bool:
        """Whether one more action may be sent."""
        if not self._rate:
            return True
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return self._tokens >= 1

    def took(self) -> None:
        """An action was sent."""
        self._tokens -= 1
