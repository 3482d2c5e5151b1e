"""Who is in a channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ..events import PresenceChange

Members = dict[str, int]


class PresenceSet(Mapping[str, int]):
    """User to number of sessions; 0 = the last one ended a moment ago and may be back. Oneself is in it.

    While the client is disconnected the set stays as it was and is `stale`; then it is compared with a fresh list, and
    what changed is told as one change.
    """

    def __init__(self, channel: str, tell: Callable[[PresenceChange], None]) -> None:
        self._channel = channel
        self._tell = tell
        self._members: Members = {}
        self._pushed: list[tuple[bool, tuple[str, ...]]] | None = None
        self.stale = True

    def __getitem__(self, user: str) -> int:
        return self._members[user]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def awaits_list(self) -> None:
        """A list was asked for: what is pushed until it comes is applied on top of it."""
        self._pushed = []

    def lost(self) -> None:
        """The connection ended."""
        self._pushed = None
        if not self.stale:
            self.stale = True
            self._tell(PresenceChange(self._channel, stale=True))

    def listed(self, users: Iterable[Any]) -> None:
        """The list came."""
        fresh: Members = {}
        for entry in users:
            if isinstance(entry, dict) and isinstance(entry.get("user"), str):
                fresh[entry["user"]] = int(entry.get("sessions", 1))
        for there, who in self._pushed or ():
            _apply(fresh, there, who)
        self._pushed = None
        was_stale, self.stale = self.stale, False
        self._become(fresh, always=was_stale)

    def pushed(self, there: bool, users: Iterable[Any]) -> None:
        """Others joined or left."""
        who = tuple(user for user in users if isinstance(user, str))
        if self._pushed is not None:
            self._pushed.append((there, who))
        if self.stale:
            return
        members = dict(self._members)
        _apply(members, there, who)
        self._become(members)

    @property
    def somebody_is_away(self) -> bool:
        """Whether a member may be back without a word."""
        return 0 in self._members.values()

    def _become(self, members: Members, always: bool = False) -> None:
        old, self._members = self._members, members
        joined = tuple(user for user in members if user not in old)
        left = tuple(user for user in old if user not in members)
        changed = tuple(user for user, count in members.items() if user in old and old[user] != count)
        if joined or left or changed or always:
            self._tell(PresenceChange(self._channel, joined, left, changed))


def _apply(members: Members, there: bool, users: tuple[str, ...]) -> None:
    for user in users:
        if there:
            members[user] = max(1, members.get(user, 1))
        else:
            members.pop(user, None)
