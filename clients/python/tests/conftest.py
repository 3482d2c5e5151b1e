"""Fixtures: a real node, and clients with names that no other test uses."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import hubwire

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "clients/conformance"))

from runner import tokens  # noqa: E402
from runner.proxy import Proxy  # noqa: E402
from runner.rig import API_KEY, Rig  # noqa: E402

_numbers = itertools.count(1)


def binary() -> str:
    """The node under test."""
    return os.environ.get("HUBWIRE_BIN", str(REPOSITORY / "target/debug/hubwire"))


HOSTING = {
    "ACCESS_RULES": "member may join read publish presence on ch:{org}/open/**,"
    "admin may kick invite manage on ch:{org}/**,"
    "member may read presence on org:{org},anyone may read on org:system,anyone may direct presence on user:*",
    "AUTH_JWT_LEEWAY_S": "0",
    "PEOPLE_ENABLED": "true",
    "PRESENCE_ORGS": "true",
    "PRESENCE_LEFT_GRACE_MS": "0",
    "PRESENCE_DELAY_MS": "0",
    "STREAMS_CHANNEL_COUNT": "20",
}


@contextmanager
def started(settings: dict[str, str]) -> Iterator[Rig]:
    """One node with the memory broker."""
    rig = Rig("memory", binary(), settings)
    with ThreadPoolExecutor(1) as thread:  # with an event loop separate from those of the tests
        thread.submit(asyncio.run, rig.start()).result()
    yield rig
    rig.stop()


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A node with default options."""
    with started({}) as rig:
        yield rig


@pytest.fixture(scope="session")
def hosted() -> Iterator[Rig]:
    """A node with its own rules that stores people and organisations."""
    with started(HOSTING) as rig:
        yield rig


@pytest.fixture
def api(rig: Rig) -> Iterator[hubwire.Server]:
    """Its server API."""
    with hubwire.Server(f"http://127.0.0.1:{rig.nodes[0].internal}", API_KEY) as server:
        yield server


class World:
    """Names of one test, and clients that are closed with it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._tag = f"{os.getpid()}-{next(_numbers)}"
        self.org = self.name("acme")
        self.room = f"ch:{self.org}/room"
        self._hubs: list[hubwire.Hub] = []
        self._proxies: list[Proxy] = []

    def name(self, plain: str) -> str:
        """A name that no other test uses."""
        return f"{plain}-{self._tag}"

    def token(self, user: str, **claims: Any) -> Any:
        """A provider for the user with this plain name."""
        return lambda _: tokens.token({"user": self.name(user), "orgs": [self.org], **claims})

    def hub(self, user: str, *, proxy: Proxy | None = None, claims: Any = None, **options: Any) -> hubwire.Hub:
        """A client, not connected."""
        port = proxy.port if proxy else self.rig.port
        options.setdefault("get_token", self.token(user, **(claims or {})))
        options.setdefault("reconnect", hubwire.Reconnect(base=0.05, cap=0.2))
        hub = hubwire.connect(f"ws://127.0.0.1:{port}/ws", **options)
        self._hubs.append(hub)
        return hub

    async def connected(self, user: str, **options: Any) -> hubwire.Hub:
        """A client that is connected."""
        hub = self.hub(user, **options)
        await hub.connect()
        return hub

    async def proxy(self) -> Proxy:
        """A faulty link to the node."""
        proxy = await Proxy(self.rig.port).start()
        self._proxies.append(proxy)
        return proxy

    async def end(self) -> None:
        """Closes all."""
        for hub in self._hubs:
            await hub.close()
        for proxy in self._proxies:
            await proxy.stop()


@pytest_asyncio.fixture
async def world(rig: Rig) -> AsyncIterator[World]:
    """Names and clients of one test."""
    async for world in ended(World(rig)):
        yield world


@pytest_asyncio.fixture
async def hosted_world(hosted: Rig) -> AsyncIterator[World]:
    """The same, on a node with all features enabled."""
    async for world in ended(World(hosted)):
        yield world


async def ended(world: World) -> AsyncIterator[World]:
    """Closes it after the test, and checks that nothing is left open."""
    yield world
    await world.end()
    left = [task for task in asyncio.all_tasks() if "hubwire/client" in repr(task.get_coro())]
    assert not left, f"tasks that outlived their client: {left}"


async def eventually(holds: Any, seconds: float = 10.0) -> Any:
    """Waits until a value is true, and returns it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = holds()
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.02)


async def within(awaitable: Any, seconds: float = 10.0) -> Any:
    """Awaits with a timeout."""
    return await asyncio.wait_for(awaitable, seconds)
