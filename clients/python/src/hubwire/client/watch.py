"""Watches whether users are online."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..codec import Action, payload_of
from ..events import Profile
from .core import Core
from .standing import StandingQuery


@dataclass(frozen=True)
class Watched:
    """A watched user."""

    user: str
    online: bool
    sessions: int
    last_seen: int | None = None
    """For a user who is offline: when it was last online, if the node knows, Unix milliseconds."""
    profile: Profile | None = None
    """The name and appearance of the user, if it has a profile."""


class Watch(StandingQuery[Watched]):
    """Watches users until it is closed."""

    def __init__(self, core: Core, users: Iterable[str]) -> None:
        super().__init__(core, "users", tuple(dict.fromkeys(users)))
        self.users: Mapping[str, Watched] = {}
        """As last reported; empty before the first answer. A new mapping after each change."""
        self._begin({"@@hub/presence": self._told})

    def _known(self) -> Mapping[str, Watched]:
        return self.users

    async def _answer(self) -> None:
        left = list(self._names)
        while left:
            answer = await self._core.ask("@@hub/watch", payload={"users": left})
            told = payload_of(answer)
            named = {it.get("user") for it in told.get("users") or () if isinstance(it, dict)}
            # a long answer comes in parts
            more = told.get("more") is True and bool(named)
            left = [user for user in left if user not in named] if more else []
            self.stale = bool(left)
            self._told(answer)

    def _told(self, action: Action) -> None:
        told = payload_of(action).get("users")
        found = dict(self.users)
        for it in told if isinstance(told, list) else ():
            if isinstance(it, dict) and it.get("user") in self._names:
                found[it["user"]] = _read(it)
        self.users = found
        self._changed()


def _read(told: Mapping[str, Any]) -> Watched:
    seen = told.get("last_seen")
    last_seen = seen if isinstance(seen, int) else None
    sessions = int(told.get("sessions") or 0)
    return Watched(told["user"], told.get("online") is True, sessions, last_seen, Profile.read(told.get("profile")))
