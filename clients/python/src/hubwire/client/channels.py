"""The channels a client is in."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, Callable

from ..codec import Action, encode, encode_frame, hub_of, payload_of
from ..errors import HubError
from ..events import Gap, Snapshot
from ..position import Position
from .core import Core
from .link import Link, request_action
from .membership import Membership, Wish

_GRACE = 6.0
_RETRY = 0.5


class Channels:
    """Joins, leaves, views; after a reconnect each channel is joined again from its position."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._memberships: dict[str, Membership] = {}
        self._viewed: Membership | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, address: str) -> Membership | None:
        """The membership, if the client is in that channel."""
        return self._memberships.get(address)

    def enter(self, address: str, wish: Wish) -> Membership:
        """Adds a handle; the first one joins."""
        membership = self._memberships.get(address)
        if membership is None:
            membership = self._memberships[address] = Membership(self._core, address, wish)
            self._join_soon(membership)
        membership.handles += 1
        return membership

    def leave(self, membership: Membership) -> None:
        """Removes a handle; the last one leaves."""
        membership.handles -= 1
        if membership.handles > 0 or self._memberships.get(membership.address) is not membership:
            return
        if membership is self._viewed:
            self._ask("@@hub/view", None)
        else:
            self._ask("@@hub/leave", membership.address)
        self._forget(membership, HubError("closed", "the channel was left"))

    def show(self, membership: Membership, state: dict[str, Any] | None) -> None:
        """Sets the user's state in the channel; repeated on each connection."""
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

    def view(self, address: str, wish: Wish) -> Membership:
        """Leaves the channel viewed before and joins this one, in one step."""
        before = self._viewed
        if before is not None and before.address == address:
            before.handles += 1
            return before
        if address in self._memberships:
            # already joined: only the channel viewed before is left
            self.view_nothing()
            return self.enter(address, wish)
        if before is not None:
            self._forget(before, HubError("closed", "another channel is viewed"))
        membership = self._viewed = self._memberships[address] = Membership(self._core, address, wish)
        membership.view, membership.handles = True, 1
        self._join_soon(membership)
        return membership

    def view_nothing(self) -> None:
        """Leaves the viewed channel."""
        if self._viewed is not None:
            self._ask("@@hub/view", None)
            self._forget(self._viewed, HubError("closed", "no channel is viewed"))

    def connected(self, link: Link) -> None:
        """The session started: joins all channels, as many in a frame as fit."""
        all = tuple(self._memberships.values())
        actions = [self._join(link, it, it.wish.token) for it in all if not callable(it.wish.token)]
        for membership in all:
            if callable(membership.wish.token):
                self._enter(link, membership)
        size = max(1, self._core.sender.limits.actions_per_frame_max // 2)
        for start in range(0, len(actions), size):
            link.write(encode_frame(actions[start : start + size]))

    def disconnected(self) -> None:
        """The session ended: the members known become stale."""
        for membership in self._memberships.values():
            membership.presence.lost()

    def others_changed(self, action: Action) -> None:
        """Handles `@@hub/joined`, `left` or `changed` about other users, or about this one if it lost a right."""
        membership = self._memberships.get(hub_of(action).get("to", ""))
        if membership is None:
            return
        payload = payload_of(action)
        users, members = payload.get("users"), payload.get("members")
        if action["type"] == "@@hub/changed":
            if isinstance(members, list) and len(members) == payload.get("count"):
                membership.presence.listed(members)  # a large channel is listed again, or all members changed
            elif isinstance(members, list):
                membership.presence.shown(members)
        elif isinstance(users, list):
            if action["type"] == "@@hub/left" and "reason" in payload and self._core.user in users:
                self._taken_out(membership, payload["reason"])
                return
            membership.presence.pushed(action["type"] == "@@hub/joined", users)

    def missed(self, stream: str) -> None:
        """Publications of its stream are lost: a channel with a snapshot starts again."""
        membership = self._memberships.get(stream)
        if membership is not None:
            self._renew(membership)

    def end(self, error: HubError) -> None:
        """The client ended."""
        for task in tuple(self._tasks):
            task.cancel()
        for membership in tuple(self._memberships.values()):
            self._forget(membership, error)

    def _join_soon(self, membership: Membership) -> None:
        link = self._core.link if self._core.state == "connected" else None
        if link is not None:
            self._enter(link, membership)

    def _enter(self, link: Link, membership: Membership) -> None:
        """Joins, with a token if the application provides one for this channel."""
        token = membership.wish.token
        if not callable(token):
            link.write(encode(self._join(link, membership, token)))
            return
        self._core.streams.gate(membership.address)
        self._spawn(self._enter_with(token, link, membership))

    async def _enter_with(self, token: Callable[[], str | Awaitable[str]], link: Link, membership: Membership) -> None:
        try:
            made = token()
            shown = await made if inspect.isawaitable(made) else made
        except Exception as error:
            failed = HubError("provider_failed", f"{membership.address}: {error}")
            failed.__cause__ = error
            self._core.tell_error(failed)
            self._later(_RETRY, link, [membership], join=True)
            return
        if self._core.link is link and self._memberships.get(membership.address) is membership:
            link.write(encode(self._join(link, membership, shown)))

    def _taken_out(self, membership: Membership, reason: Any) -> None:
        """The node ended the membership. If its token expired, the client joins again with a new one."""
        link = self._core.link
        if reason == "expired" and callable(membership.wish.token) and link is not None:
            self._enter(link, membership)
        else:
            code = "token_expired" if reason == "expired" else "forbidden"
            self._refused(membership, HubError(code, f"{membership.address}: taken out: {reason}"))

    def _renew(self, membership: Membership) -> bool:
        link = self._core.link
        if not membership.wish.snapshot or "snapshots" not in self._core.features or link is None:
            return False
        self._core.streams.forget(membership.address)
        self._enter(link, membership)
        return True

    def _join(self, link: Link, membership: Membership, token: str | None) -> Action:
        """Sends the join or view. The answer is handled where it is read, so that publications in the same frame are
        accepted."""
        payload: dict[str, Any] = {}
        position = self._core.streams.position(membership.address)
        wish = membership.wish
        if position is not None:
            payload["pos"] = str(position)
        elif wish.snapshot and "snapshots" in self._core.features:
            payload["snapshot"] = True
        elif wish.recent is not None and "recent" in self._core.features:
            payload["recent"] = wish.recent
        if token is not None:
            payload["token"] = token
        if not wish.presence:
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
        """Handles the answer to an own join or view."""
        membership = self._memberships.get(hub_of(action).get("to", ""))
        if membership is None:
            return
        payload = payload_of(action)
        position, top = Position.parse(payload.get("pos")), Position.parse(payload.get("top"))
        missed = payload.get("recovered") is False
        self._core.streams.open(membership.address, position, top)
        kept = payload.get("snapshot")
        if isinstance(kept, dict):
            snapshot = Snapshot(membership.address, str(kept.get("pos")), kept.get("ts"), kept.get("payload"))
            membership.snapshot = snapshot
            self._core.router.tell(membership.address, snapshot)
            self._core.emitter.emit("snapshot", snapshot)
        if missed:
            self.gap(Gap(membership.address, payload.get("pos"), "not_recovered"))
            if "snapshot" not in payload:
                self._renew(membership)
        if not membership.joined.done():
            membership.joined.set_result(None)
        members = payload.get("members")
        if isinstance(members, list) and "members" in self._core.features:
            membership.presence.listed(members)
        elif membership.wish.presence and self._core.link is not None:
            # the members were too many to be listed, the node is older, or its broker did not tell them
            self._core.link.write(encode(self._listing(self._core.link, membership)))

    def gap(self, gap: Gap) -> None:
        """Reports a gap to the application and the channel's iterators."""
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
            # that a member has come back in time is not announced
            self._later(_GRACE, link, [membership], join=False)

    def _later(self, seconds: float, link: Link, memberships: Iterable[Membership], join: bool) -> None:
        async def again() -> None:
            await asyncio.sleep(seconds)
            for membership in memberships:
                if self._core.link is not link or self._memberships.get(membership.address) is not membership:
                    continue
                if join:
                    self._enter(link, membership)
                else:
                    link.write(encode(self._listing(link, membership)))

        self._spawn(again())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _listing(self, link: Link, membership: Membership, after: str | None = None) -> Action:
        """The request for the members, or for the page after a user."""
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
