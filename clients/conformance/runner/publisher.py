"""Publications by the server API: repeated until they are stored, with the same id."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import defaultdict
from typing import Any

from .processes import Failed
from .rig import Rig

_MANY = 64
_TRIES = 200
_PAUSE = 0.1
_BEAT = 0.05


class Publisher:
    """Publishes, and remembers which positions were acknowledged."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._number = itertools.count(1)
        self.stored: dict[str, list[str]] = defaultdict(list)
        self._loading: asyncio.Task[None] | None = None

    async def publish(self, to: str, type: str, payload: Any = None, times: int = 1) -> None:
        """Publishes so many; without a payload they are numbered."""
        items = [
            {"to": to, "type": type, "payload": {"n": next(self._number)} if payload is None else payload}
            for _ in range(times)
        ]
        for start in range(0, times, _MANY):
            await self._store(items[start : start + _MANY])

    def load(self, addresses: list[str] | None, per_second: float) -> None:
        """Publishes by turns in the background."""
        if addresses is not None:
            self._loading = asyncio.ensure_future(self._load(addresses, per_second))

    async def end_load(self) -> None:
        """Ends it, with what is on its way."""
        if self._loading is not None:
            loading, self._loading = self._loading, None
            self._stop = True
            await loading

    def cancel(self) -> None:
        """The scenario is over."""
        if self._loading is not None:
            self._loading.cancel()

    async def _load(self, addresses: list[str], per_second: float) -> None:
        self._stop = False
        turns = itertools.cycle(addresses)
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while not self._stop:
            due = int((loop.time() - began) * per_second) - count
            items = [
                {"to": next(turns), "type": "load", "payload": {"n": next(self._number)}}
                for _ in range(min(due, _MANY))
            ]
            count += max(due, 0)
            if items:
                await self._store(items)
            await asyncio.sleep(_BEAT)

    async def _store(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            item.setdefault("id", secrets.token_hex(8))
        left = items
        for _ in range(_TRIES):
            try:
                answer = await asyncio.to_thread(self._rig.call, "/v1/publish", left)
            except OSError:
                await asyncio.sleep(_PAUSE)
                continue
            again = []
            for item, result in zip(left, answer["results"]):
                if "error" in result:
                    again.append(item)
                elif "pos" in result:
                    self.stored[item["to"]].append(result["pos"])
            if not again:
                return
            left = again
            await asyncio.sleep(_PAUSE)
        raise Failed(f"the server API stored nothing: {left[:1]}")
