"""The members of a channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from ..events import PresenceChange, Profile

State = Optional[dict[str, Any]]


@dataclass(frozen=True)
class Member:
    """A user in a channel."""

    sessions: int = 1
    """Number of its sessions; 0 = the last one ended a moment ago and may come back."""
    state: State = None
    """The user's state in the channel, see `Channel.set_state`."""
    profile: Profile | None = None
    """See `Hub.set_profile`."""


Members = dict[str, Member]


class PresenceSet(Mapping[str, int]):
    """Number of sessions by user, including this user; 0 = the last one ended a moment ago and may come back.

    While the client is disconnected the set is kept but `stale`; then it is compared with a new list, and the
    differences are reported as one change.
    """

    def __init__(self, channel: str, tell: Callable[[PresenceChange], None]) -> None:
        self._channel = channel
        self._tell = tell
        self._members: Members = {}
        self._pages: Members = {}
        self._pushed: list[Callable[[Members], None]] | None = None
        self.stale = True

    def __getitem__(self, user: str) -> int:
        return self._members[user].sessions

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def state(self, user: str) -> State:
        """A user's state in the channel; `None`: it has none, or is not in the channel."""
        member = self._members.get(user)
        return member.state if member else None

    def profile(self, user: str) -> Profile | None:
        """A user's profile; `None`: it has none, or is not in the channel."""
        member = self._members.get(user)
        return member.profile if member else None

    def awaits_list(self) -> None:
        """A list was requested: pushes received until it arrives are applied on top of it."""
        self._pushed = []
        self._pages = {}

    def lost(self) -> None:
        """The connection ended."""
        self._pushed = None
        if not self.stale:
            self.stale = True
            self._tell(PresenceChange(self._channel, stale=True))

    def page(self, users: Iterable[Any]) -> None:
        """A page of the list that is not the last one."""
        self._pages.update(members_of(users))

    def listed(self, users: Iterable[Any]) -> None:
        """The list, or its last page, arrived."""
        fresh = {**self._pages, **members_of(users)}
        self._pages = {}
        for apply in self._pushed or ():
            apply(fresh)
        self._pushed = None
        was_stale, self.stale = self.stale, False
        self._become(fresh, always=was_stale)

    def pushed(self, there: bool, users: Iterable[Any]) -> None:
        """Others joined or left."""
        who = tuple(user for user in users if isinstance(user, str))
        self._push(lambda members: come_or_go(members, there, who))

    def shown(self, members: Iterable[Any]) -> None:
        """Members changed; each is reported with all its values: one without a state has none."""
        told = members_of(members)
        self._push(lambda members: show(members, told))

    @property
    def somebody_is_away(self) -> bool:
        """Whether a member without sessions may have come back unannounced."""
        return any(member.sessions == 0 for member in self._members.values())

    def _push(self, apply: Callable[[Members], None]) -> None:
        if self._pushed is not None:
            self._pushed.append(apply)
        if self.stale:
            return
        members = dict(self._members)
        apply(members)
        self._become(members)

    def _become(self, members: Members, always: bool = False) -> None:
        old, self._members = self._members, members
        joined = tuple(user for user in members if user not in old)
        left = tuple(user for user in old if user not in members)
        changed = tuple(user for user, member in members.items() if user in old and old[user] != member)
        if joined or left or changed or always:
            self._tell(PresenceChange(self._channel, joined, left, changed))


def members_of(users: Iterable[Any]) -> Members:
    """Members from a node's message: a list states their number of sessions, the answer to a join does not."""
    found: Members = {}
    for entry in users:
        if isinstance(entry, dict) and isinstance(entry.get("user"), str):
            found[entry["user"]] = Member(
                int(entry.get("sessions", 1)), _object(entry.get("state")), Profile.read(entry.get("profile"))
            )
    return found


def _object(value: Any) -> State:
    return value if isinstance(value, dict) else None


def come_or_go(members: Members, there: bool, users: Iterable[str]) -> None:
    """Adds or removes users."""
    for user in users:
        if not there:
            members.pop(user, None)
        elif user not in members or members[user].sessions == 0:
            members[user] = replace(members.get(user, Member()), sessions=1)


def show(members: Members, told: Members) -> None:
    """Updates members, except for the number of their sessions."""
    for user, member in told.items():
        known = members.get(user, member)
        members[user] = replace(known, state=member.state, profile=member.profile)
