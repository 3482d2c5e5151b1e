"""The members of an organisation, as they change."""

from __future__ import annotations

from collections.abc import Mapping

from ..codec import Action, payload_of
from .core import Core
from .people import members
from .presence import Member, Members, come_or_go, members_of, show
from .standing import StandingQuery

_PUSHES = ("@@hub/joined", "@@hub/left", "@@hub/changed")


class OrgWatch(StandingQuery[Member]):
    """Watches an organisation until it is closed."""

    def __init__(self, core: Core, org: str) -> None:
        super().__init__(core, "orgs", (org,))
        self._address = f"org:{org}"
        self._pushed: list[Action] | None = []
        self.members: Mapping[str, Member] = {}
        """The members last reported; empty if there are too many to be listed. A new mapping after each change."""
        self.count = 0
        """Their number, even if they are not listed."""
        self._begin({f"{kind} {self._address}": self._told for kind in _PUSHES})

    def _known(self) -> Mapping[str, Member]:
        return self.members

    async def _answer(self) -> None:
        self._pushed = []
        # watch first: users who come while the list is on its way are pushed
        await self._core.ask("@@hub/watch", payload={"orgs": list(self._names)})
        found = await members(self._core, self._address)
        for action in self._pushed:
            _apply(found, action)
        self._pushed = None
        self.stale = False
        self._become(found, len(found))

    def _told(self, action: Action) -> None:
        if self._pushed is not None:
            self._pushed.append(action)
            return
        found = dict(self.members)
        _apply(found, action)
        told = payload_of(action).get("count")
        self._become(found, told if isinstance(told, int) else len(found))

    def _become(self, found: Members, count: int) -> None:
        self.members, self.count = found, count
        self._changed()


def _apply(found: Members, action: Action) -> None:
    kind, payload = action["type"], payload_of(action)
    if kind != "@@hub/changed":
        users = payload.get("users")
        come_or_go(found, kind == "@@hub/joined", [user for user in users or () if isinstance(user, str)])
        return
    named = payload.get("members")
    if not isinstance(named, list) or len(named) == payload.get("count"):
        found.clear()  # too many members to be listed, or a complete list
    show(found, members_of(named or ()))
