"""The channels a client is in."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable
from typing import Any

from ..codec import Action, encode, encode_frame, hub_of, payload_of
from ..errors import HubError
from ..events import Gap, Joined, Left, PresenceChange
from ..position import Position
from .core import Core
from .link import Link, request_action
from .presence import PresenceSet

_GRACE = 6.0
_RETRY = 0.5


class Membership:
    """One channel: the node is told once, however many handles there are."""

    def __init__(self, core: Core, address: str, presence: bool) -> None:
        self.address = address
        self.handles = 0
        self.view = False
        self.ended = False
        self.wants_presence = presence
        self.state: dict[str, Any] | None = None
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.joined.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._core = core
        self.presence = PresenceSet(address, self._changed)

    def _changed(self, change: PresenceChange) -> None:
        for event in (Joined(self.address, change.joined), Left(self.address, change.left)):
            if event.users:
                self._core.router.tell(self.address, event)
        self._core.emitter.emit("presence", change)


class Channels:
    """Joins, leaves, views; after a reconnect joins again from the position of each channel."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._memberships: dict[str, Membership] = {}
        self._viewed: Membership | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, address: str) -> Membership | None:
        """The membership, if the client is in that channel."""
        return self._memberships.get(address)

    def enter(self, address: str, presence: bool = True) -> Membership:
        """One handle more; the first one joins."""
        membership = self._memberships.get(address)
        if membership is None:
            membership = self._memberships[address] = Membership(self._core, address, presence)
            self._join_soon(membership)
        membership.handles += 1
        return membership

    def leave(self, membership: Membership) -> None:
        """One handle less; the last one leaves."""
        membership.handles -= 1
        if membership.handles > 0 or self._memberships.get(membership.address) is not membership:
            return
        if membership is self._viewed:
            self._ask("@@hub/view", None)
        else:
            self._ask("@@hub/leave", membership.address)
        self._forget(membership, HubError("closed", "the channel was left"))

    def show(self, membership: Membership, state: dict[str, Any] | None) -> None:
        """Shows something to everybody in the channel; on each connection anew."""
        membership.state = state
        link = self._core.link if self._core.state == "connected" else None
        if link is None or "presence_state" not in self._core.features or membership.ended:
            return
        answer = link.request("@@hub/state", membership.address, {"state": state})
        answer.add_done_callback(self._state_answered)

    def _state_answered(self, answer: asyncio.Future[Action]) -> None:
        error = answer.exception()
        if isinstance(error, HubError) and error.code != "disconnected":
            self._core.tell_error(error)

    def view(self, address: str) -> Membership:
        """Leaves the channel viewed before and joins this one, in one step."""
        before = self._viewed
        if before is not None and before.address == address:
            before.handles += 1
            return before
        if address in self._memberships:
            # joined already: that stays, and only what was viewed before is left
            self.view_nothing()
            return self.enter(address)
        if before is not None:
            self._forget(before, HubError("closed", "another channel is viewed"))
        membership = self._viewed = self._memberships[address] = Membership(self._core, address, True)
        membership.view, membership.handles = True, 1
        self._join_soon(membership)
        return membership

    def view_nothing(self) -> None:
        """Leaves the channel that is viewed."""
        if self._viewed is not None:
            self._ask("@@hub/view", None)
            self._forget(self._viewed, HubError("closed", "no channel is viewed"))

    def connected(self, link: Link) -> None:
        """There is a session: joins all, as many in a frame as it takes."""
        actions = [self._join(link, membership) for membership in tuple(self._memberships.values())]
        size = max(1, self._core.sender.limits.actions_per_frame_max // 2)
        for start in range(0, len(actions), size):
            link.write(encode_frame(actions[start : start + size]))

    def disconnected(self) -> None:
        """The session ended: what is known of the members is stale."""
        for membership in self._memberships.values():
            membership.presence.lost()

    def others_changed(self, action: Action) -> None:
        """`@@hub/joined`, `left` or `changed` about others, or about oneself where a right was lost."""
        membership = self._memberships.get(hub_of(action).get("to", ""))
        if membership is None:
            return
        payload = payload_of(action)
        users, members = payload.get("users"), payload.get("members")
        if action["type"] == "@@hub/changed":
            if isinstance(members, list) and len(members) == payload.get("count"):
                membership.presence.listed(members)  # a crowd that is named again, or all show something else
            elif isinstance(members, list):
                membership.presence.shown(members)
        elif isinstance(users, list):
            if action["type"] == "@@hub/left" and "reason" in payload and self._core.user in users:
                self._refused(membership, HubError("forbidden", "the right to be in the channel was lost"))
                return
            membership.presence.pushed(action["type"] == "@@hub/joined", users)

    def end(self, error: HubError) -> None:
        """The client ended."""
        for task in tuple(self._tasks):
            task.cancel()
        for membership in tuple(self._memberships.values()):
            self._forget(membership, error)

    def _join_soon(self, membership: Membership) -> None:
        link = self._core.link if self._core.state == "connected" else None
        if link is not None:
            link.write(encode(self._join(link, membership)))

    def _join(self, link: Link, membership: Membership) -> Action:
        """The join or view; its answer is handled where it is read: what follows in its frame finds the gate open."""
        payload: dict[str, Any] = {}
        position = self._core.streams.position(membership.address)
        if position is not None:
            payload["pos"] = str(position)
        if not membership.wants_presence:
            payload["presence"] = False
        elif membership.state is not None and "presence_state" in self._core.features:
            payload["presence"] = {"state": membership.state}
        self._core.streams.gate(membership.address)
        membership.presence.awaits_list()
        kind = "@@hub/view" if membership.view else "@@hub/join"
        action = request_action(kind, link.next_id(), membership.address, payload)
        answer = link.expect(hub_of(action)["id"])
        answer.add_done_callback(functools.partial(self._join_failed, membership, link))
        return action

    def joined(self, action: Action) -> None:
        """The answer to the own join or view."""
        membership = self._memberships.get(hub_of(action).get("to", ""))
        if membership is None:
            return
        payload = payload_of(action)
        position, top = Position.parse(payload.get("pos")), Position.parse(payload.get("top"))
        missed = payload.get("recovered") is False
        self._core.streams.open(membership.address, position, top)
        if missed:
            self.gap(Gap(membership.address, payload.get("pos"), "not_recovered"))
        if not membership.joined.done():
            membership.joined.set_result(None)
        members = payload.get("members")
        if isinstance(members, list) and "members" in self._core.features:
            membership.presence.listed(members)
        elif membership.wants_presence and self._core.link is not None:
            # a crowd, an older node, or a broker that did not say
            self._core.link.write(encode(self._listing(self._core.link, membership)))

    def gap(self, gap: Gap) -> None:
        """Tells the application and the channel's iterators."""
        self._core.router.tell(gap.stream, gap)
        self._core.emitter.emit("gap", gap)

    def _join_failed(self, membership: Membership, link: Link, answer: asyncio.Future[Action]) -> None:
        error = answer.exception()
        if not isinstance(error, HubError) or self._memberships.get(membership.address) is not membership:
            return
        if error.code == "disconnected":  # the next session joins again
            return
        if error.retry:
            self._later(max(error.retry_after or 0.0, _RETRY), link, [membership], join=True)
        else:
            self._refused(membership, error)

    def _listed(self, membership: Membership, link: Link, answer: asyncio.Future[Action]) -> None:
        if self._core.link is not link or self._memberships.get(membership.address) is not membership:
            return
        error = answer.exception()
        if error is None:
            payload = payload_of(answer.result())
            users = payload.get("users")
            users = users if isinstance(users, list) else []
            if payload.get("more") is True and users and isinstance(users[-1], dict):
                membership.presence.page(users)
                link.write(encode(self._listing(link, membership, after=users[-1].get("user"))))
                return
            membership.presence.listed(users)
        if (error is None and membership.presence.somebody_is_away) or (isinstance(error, HubError) and error.retry):
            # one who is back in time is told by nobody
            self._later(_GRACE, link, [membership], join=False)

    def _later(self, seconds: float, link: Link, memberships: Iterable[Membership], join: bool) -> None:
        async def again() -> None:
            await asyncio.sleep(seconds)
            for membership in memberships:
                if self._core.link is not link or self._memberships.get(membership.address) is not membership:
                    continue
                link.write(encode(self._join(link, membership) if join else self._listing(link, membership)))

        task = asyncio.ensure_future(again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _listing(self, link: Link, membership: Membership, after: str | None = None) -> Action:
        """The question who is there, or for the page behind a user."""
        if after is None:
            membership.presence.awaits_list()
        payload = None if after is None else {"after": after}
        action = request_action("@@hub/presence", link.next_id(), membership.address, payload)
        link.expect(hub_of(action)["id"]).add_done_callback(functools.partial(self._listed, membership, link))
        return action

    def _refused(self, membership: Membership, error: HubError) -> None:
        self._core.tell_error(error)
        self._forget(membership, error)

    def _forget(self, membership: Membership, error: HubError) -> None:
        membership.ended = True
        if self._memberships.get(membership.address) is membership:
            del self._memberships[membership.address]
        if self._viewed is membership:
            self._viewed = None
        self._core.streams.forget(membership.address)
        if not membership.joined.done():
            membership.joined.set_exception(error)
        self._core.router.end(None if error.code == "closed" else error, membership.address)

    def _ask(self, type: str, to: str | None) -> None:
        link = self._core.link if self._core.state == "connected" else None
        if link is not None:
            link.write(encode(request_action(type, link.next_id(), to)))
