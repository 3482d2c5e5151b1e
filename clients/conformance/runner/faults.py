"""A schedule of faults by seed: links, nodes and the broker fail one after the other, while clients go on."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable

from .clients import Clients
from .rig import Node, Rig

_CALM_S = (0.3, 2.0)
_STOPPED_S = (0.5, 7.0)
_HOLE_S = (0.5, 4.0)
_STEP_S = 0.1


class Faults:
    """Draws and does them; every fault is over, and every node ready, when it returns."""

    def __init__(self, seed: int, rig: Rig, clients: Clients) -> None:
        self.seed = seed
        self._chance = random.Random(seed)
        self._rig, self._clients = rig, clients
        self.done: list[str] = []

    async def run(self, seconds: float) -> None:
        """For so long."""
        until = time.monotonic() + seconds
        kinds = [self._cut, self._cut, self._hole, self._kill_node, self._stop_node, self._drain_node]
        if self._rig.redis is not None:
            kinds += [self._restart_redis, self._stop_redis]
        while time.monotonic() < until:
            fault: Callable[[], Awaitable[None]] = self._chance.choice(kinds)
            self.done.append(fault.__name__.strip("_"))
            await fault()
            await asyncio.sleep(self._chance.uniform(*_CALM_S))

    async def _cut(self) -> None:
        for _ in range(self._chance.randrange(1, 6)):
            self._clients.proxies(self._chance.choice(list(self._clients.given)))[0].set("cut")
            await asyncio.sleep(self._chance.uniform(0, 0.5))

    async def _hole(self) -> None:
        (proxy,) = self._clients.proxies(self._chance.choice(list(self._clients.given)))
        proxy.set(self._chance.choice(["hole", "swallow"]))
        await asyncio.sleep(self._chance.uniform(*_HOLE_S))
        proxy.set("cut")  # bytes that were lost belong to a connection that is lost
        proxy.set("pass")

    async def _kill_node(self) -> None:
        await self._again(self._chance.choice(self._rig.nodes))

    async def _stop_node(self) -> None:
        node = self._chance.choice(self._rig.nodes)
        node.process.signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(*_STOPPED_S))
        node.process.signal(signal.SIGCONT)
        # one that was away past its lease may end, for its supervisor to start it again
        for _ in range(int(_STOPPED_S[1] / _STEP_S)):
            if node.process.ended or node.ready():
                break
            await asyncio.sleep(_STEP_S)
        if node.process.ended or not node.ready():
            await self._again(node)

    async def _drain_node(self) -> None:
        node = self._chance.choice(self._rig.nodes)
        node.process.signal(signal.SIGTERM)
        await asyncio.sleep(self._chance.uniform(*_STOPPED_S))
        await self._again(node)

    async def _restart_redis(self) -> None:
        assert self._rig.redis is not None
        await self._rig.redis.restart(keep=True)

    async def _stop_redis(self) -> None:
        assert self._rig.redis is not None
        self._rig.redis.process.signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(*_HOLE_S))
        self._rig.redis.process.signal(signal.SIGCONT)

    async def _again(self, node: Node) -> None:
        await asyncio.to_thread(node.restart)
        await self._rig.until_ready(node)
