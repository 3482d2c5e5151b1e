"""Sends actions until each is acknowledged, rejected or too old."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Callable

from ..codec import Limits
from ..errors import HubError
from ..options import Options
from .link import Link
from .outbox import Entry, Outbox
from .pace import Pace
from .sent import Ack, Sent

_MARGIN = 10.0
_TICK = 0.1
_PAUSE_BASE, _PAUSE_CAP = 0.2, 5.0


class Sender:
    """The window of actions in flight, on top of the outbox.

    Retrying with the same id is safe as long as the node remembers ids (`idempotency_window_ms`). Ten seconds before
    that ends, an unanswered action becomes `stale`: it is not sent again, and its outcome depends on whether its echo
    arrives with the resumed streams.
    """

    def __init__(self, options: Options, on_error: Callable[[HubError], None]) -> None:
        self.outbox = Outbox(options.queue)
        self.limits = Limits()
        self._options = options
        self._clock = options.environment.clock
        self._random = options.environment.random
        self._on_error = on_error
        self._link: Link | None = None
        self._flying: dict[str, Entry] = {}
        self._window = 1.0
        self._pace = Pace(self._clock)
        self._paused_until = 0.0
        self._pauses = 0
        self._sent_count = 0
        self._ticking: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()

    def send(self, id: str, text: str, to: str, *, deadline: float | None = None, flying: bool = False) -> Sent:
        """Queues an encoded action; raises `queue_full` if the queue is full."""
        bytes = len(text.encode())
        self.outbox.check(id, bytes)
        now = self._clock()
        self._sent_count += 1
        sent = Sent(id, lambda: self.cancel(id), self._on_error)
        entry = Entry(
            id=id,
            text=text,
            to=to,
            seq=self._sent_count,
            sent=sent,
            expires_at=now + (self._options.queue.ttl if deadline is None else deadline),
            deadline=None if deadline is None else now + deadline,
            bytes=bytes,
        )
        self.outbox.add(entry, flying)
        if flying:
            self._launched(entry)
        self._pump()
        self._watch()
        return sent

    def cancel(self, id: str) -> bool:
        """Cancels an action that was never sent."""
        entry = self.outbox.get(id)
        if entry is None or entry.attempts:
            return False
        self._end(id)
        entry.sent.reject(HubError("cancelled", id=id))
        return True

    def connected(self, link: Link, limits: Limits) -> None:
        """The session started: sends unacknowledged actions again, then newer ones."""
        self._link, self.limits = link, limits
        self._window = max(1.0, limits.in_flight_max / 2)
        self._paused_until = 0.0
        self._pace.begin(limits)
        self._flying.clear()
        self.outbox.all_again()
        self._pump()

    def disconnected(self) -> None:
        """The session ended."""
        self._link = None
        self._flying.clear()

    def acked(self, id: str, payload: Mapping[str, Any]) -> bool:
        """The node stored the action; false if the id is not one of ours."""
        entry = self._end(id)
        if entry is None:
            return False
        self._window = min(self.limits.in_flight_max / 2, self._window + 1 / self._window)
        self._pauses = 0
        entry.sent.resolve(
            Ack(
                pos=payload.get("pos"),
                duplicate=payload.get("duplicate") is True,
                sessions=payload.get("sessions"),
                nodes=payload.get("nodes"),
                attempts=max(1, entry.attempts),
                ts=payload.get("ts"),
            )
        )
        self._pump()
        return True

    def echoed(self, id: str, pos: str | None, ts: int | None) -> None:
        """The action's echo arrived: it is stored, although its acknowledgement was lost."""
        entry = self.outbox.get(id)
        if entry is not None and entry.stale:
            self.acked(id, {"pos": pos, "ts": ts})

    def refused(self, id: str, error: HubError) -> bool:
        """The node refused the action; false if the id is not one of ours."""
        entry = self.outbox.get(id)
        if entry is None:
            return False
        self._flying.pop(id, None)
        if error.retry:
            self._pause(error)
            self.outbox.again(entry)
        else:
            self._end(id)
            entry.sent.reject(error)
        self._pump()
        return True

    def repeat(self, id: str) -> None:
        """Its frame was refused because of another action: sends it again, in a frame of its own."""
        entry = self.outbox.get(id)
        if entry is not None and self._flying.pop(id, None) is not None:
            self.outbox.again(entry)
            self._pump()

    def decide_stale(self) -> None:
        """All streams are replayed: the outcome of stale actions without an echo is unknown."""
        for entry in self.outbox:
            if entry.stale:
                self._fail(entry, "timeout", "no answer came in time")

    def end(self, error_code: str, message: str = "") -> None:
        """The client ends: rejects all remaining actions."""
        for entry in self.outbox:
            self._fail(entry, error_code, message)
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    @property
    def has_waiting(self) -> bool:
        """Whether an older action is waiting for its turn, or the window is full."""
        return len(self.outbox) > len(self._flying) or len(self._flying) >= int(self._window) or not self._pace.ready()

    async def flushed(self) -> None:
        """Waits until all actions are finished."""
        while len(self.outbox):
            self._empty.clear()
            await self._empty.wait()

    def _pump(self) -> None:
        while (
            self._link is not None
            and self._link.has_room
            and len(self._flying) < int(self._window)
            and self._clock() >= self._paused_until
            and self._pace.ready()
        ):
            entry = self.outbox.next()
            if entry is None:
                return
            self._launched(entry)
            self._link.write(entry.text)

    def _launched(self, entry: Entry) -> None:
        now = self._clock()
        if not entry.attempts:
            entry.first_sent_at = now
        entry.attempts += 1
        entry.ack_due_at = now + self._options.ack_timeout
        self._flying[entry.id] = entry
        self._pace.took()

    def _pause(self, error: HubError) -> None:
        """To keep the order, all actions wait, not only the refused one."""
        longest = min(_PAUSE_CAP, _PAUSE_BASE * 2.0 ** min(self._pauses, 10))
        self._pauses += 1
        self._window = max(1.0, self._window / 2)
        pause = max(error.retry_after or 0.0, self._random() * longest)
        self._paused_until = max(self._paused_until, self._clock() + pause)

    def _end(self, id: str) -> Entry | None:
        self._flying.pop(id, None)
        entry = self.outbox.remove(id)
        if not len(self.outbox):
            self._empty.set()
        return entry

    def _fail(self, entry: Entry, code: str, message: str) -> None:
        self._end(entry.id)
        entry.sent.reject(HubError(code, message, id=entry.id, outcome="unknown" if entry.attempts else "not_done"))

    def _watch(self) -> None:
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        """One timer for all entries; it ends with the last one."""
        while len(self.outbox):
            await asyncio.sleep(_TICK)
            now = self._clock()
            for entry in self.outbox:
                self._look_at(entry, now)
            self._pump()

    def _look_at(self, entry: Entry, now: float) -> None:
        if not entry.attempts and now >= entry.expires_at:
            self._fail(entry, "expired", "there was no connection in time")
        elif entry.deadline is not None and now >= entry.deadline:
            self._fail(entry, "timeout", "no answer came before the deadline")
        elif entry.attempts and now >= entry.first_sent_at + self.limits.idempotency_window_ms / 1000 - _MARGIN:
            entry.stale = True
            self._flying.pop(entry.id, None)
        elif entry.id in self._flying and now >= entry.ack_due_at:
            del self._flying[entry.id]
            self.outbox.again(entry)
