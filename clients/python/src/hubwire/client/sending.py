"""Checks and encodes the application's actions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from ..address import is_address
from ..codec import encode, encode_frame
from ..errors import HubError
from .core import Core
from .sent import Ack, Sent

Select = Union[str, Mapping[str, str]]
"""Which sessions of a user receive it: `all`, `one` (the one active last), `others` (all but that one), or
`{"device_class": "mobile"}`."""


class Sending:
    """Checks and encodes at once, so that actions a node would refuse are rejected before they wait in the queue."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(
        self,
        to: str,
        type: str,
        payload: Any,
        *,
        id: str | None,
        deadline: float | None,
        queue: bool,
        error: bool,
        meta: Mapping[str, Any] | None,
        except_: Iterable[str],
        select: Select | None,
    ) -> Sent:
        """One action."""
        core = self._core
        id = id or core.next_id()
        try:
            self._check(to, queue)
            action = action_of(to, type, payload, id=id, error=error, meta=meta, except_=except_, select=select)
            text = encode(action, core.sender.limits)
            sent = core.sender.send(id, text, to, deadline=deadline)
        except HubError as refused:
            return self.refused(id, refused)
        core.router.look_again()
        return sent

    def ephemeral(
        self,
        to: str,
        type: str,
        payload: Any,
        meta: Mapping[str, Any] | None,
        except_: Iterable[str],
        select: Select | None,
    ) -> bool:
        """Returns whether it was sent."""
        link = self._core.link
        action = action_of(to, type, payload, ephemeral=True, meta=meta, except_=except_, select=select)
        text = encode(action, self._core.sender.limits)
        if self._core.state != "connected" or link is None or not link.has_room:
            return False
        link.write(text)
        return True

    async def batch(self, items: Sequence[tuple[Any, ...]]) -> list[Ack | HubError]:
        """Sends several actions in as few frames as possible."""
        core = self._core
        made: list[Sent] = []
        frame: list[Mapping[str, Any]] = []
        for to, type, *payload in items:
            id = core.next_id()
            try:
                self._check(to, True)
                action = action_of(to, type, payload[0] if payload else ..., id=id)
                text = encode(action, core.sender.limits)
                flying = self._fits(frame, action)
                if not flying and frame:
                    self._write_frame(frame)
                    frame = []
                    flying = self._fits(frame, action)
                made.append(core.sender.send(id, text, to, flying=flying))
                if flying:
                    frame.append(action)
            except HubError as refused:
                made.append(self.refused(id, refused))
        self._write_frame(frame)
        core.router.look_again()
        done = await asyncio.gather(*made, return_exceptions=True)
        return [_result(result) for result in done]

    def refused(self, id: str, error: HubError) -> Sent:
        """The result for an action that was not even queued."""
        error.id = id
        sent = Sent(id, lambda: False, self._core.tell_error)
        sent.reject(error)
        return sent

    def _check(self, to: str, queue: bool) -> None:
        state = self._core.state
        if state in ("failed", "closed"):
            raise HubError(state, "the client has ended")
        if not queue and state != "connected":
            raise HubError("not_connected", "there is no connection, and it was not to be queued", retry=True)
        if not is_address(to):
            raise HubError("bad_address", f"{to!r} is not an address")

    def _fits(self, frame: list[Mapping[str, Any]], action: Mapping[str, Any]) -> bool:
        """Whether the action fits into this frame; otherwise it is sent in its turn, in a frame of its own."""
        if self._core.state != "connected" or self._core.link is None or self._core.sender.has_waiting:
            return False
        try:
            encode_frame([*frame, action], self._core.sender.limits)
        except HubError:
            return False
        return True

    def _write_frame(self, frame: list[Mapping[str, Any]]) -> None:
        if frame and self._core.link is not None:
            self._core.link.write(encode_frame(frame, self._core.sender.limits))


def _result(result: Ack | BaseException) -> Ack | HubError:
    if isinstance(result, (Ack, HubError)):
        return result
    raise result


def action_of(
    to: str,
    type: str,
    payload: Any,
    *,
    id: str | None = None,
    ephemeral: bool = False,
    error: bool = False,
    meta: Mapping[str, Any] | None = None,
    except_: Iterable[str] = (),
    select: Select | None = None,
) -> dict[str, Any]:
    """An action of the application. `...` as payload: none."""
    if type.startswith("@@hub/"):
        raise HubError("forbidden_type", "types that begin with @@hub/ are the protocol's own")
    if meta is not None and "hub" in meta:
        raise HubError("bad_action", "meta.hub is the protocol's own")
    hub: dict[str, Any] = {"to": to}
    if id is not None:
        hub["id"] = id
    if ephemeral:
        hub["ephemeral"] = True
    left_out = list(except_)
    if left_out:
        hub["except"] = left_out
    if select is not None:
        hub["select"] = select
    action: dict[str, Any] = {"type": type, "meta": {**(meta or {}), "hub": hub}}
    if payload is not ...:
        action["payload"] = payload
    if error:
        action["error"] = True
    return action
