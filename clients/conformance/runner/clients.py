"""The clients of a scenario: their proxies, their credentials, and how they begin."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from . import tokens
from .driver import Driver
from .processes import Failed
from .proxy import Proxy
from .record import Record
from .rig import Rig
from .scenario import Scenario

_BEGIN_S = 30.0
_BAD_SECRET = "another-secret-which-no-node-knows-32-bytes-and-more"


class Clients:
    """All clients of one scenario."""

    def __init__(self, scenario: Scenario, rig: Rig, driver: Driver, record: Record) -> None:
        self.given = scenario.clients
        self._rig, self._driver, self._record = rig, driver, record
        self._proxies: dict[str, Proxy] = {}
        self._asked: dict[str, int] = {}
        self._answers: set[asyncio.Task[Any]] = set()

    def names(self, pattern: str) -> list[str]:
        """Those that a step means."""
        if not pattern.endswith("*"):
            return [pattern]
        return [name for name in self.given if re.match(re.escape(pattern[:-1]), name)]

    def proxies(self, pattern: str) -> list[Proxy]:
        """Theirs."""
        return [self._proxies[name] for name in self.names(pattern)]

    async def begin(self) -> None:
        """Opens all, and brings those that are not `direct` to where the scenario begins."""
        await asyncio.gather(*(self._open(name) for name in self.given))
        ready = [name for name, client in self.given.items() if not client.get("direct")]
        await asyncio.gather(*(self._command({"do": "connect", "client": name}) for name in ready))
        for name in ready:
            await self._record.take({"client": name, "on": "state", "state": "connected"}, _BEGIN_S, 1)
        for name in ready:
            client = self.given[name]
            for channel in client.get("join", []):
                await self._enter(name, "join", channel)
            if "view" in client:
                await self._enter(name, "view", client["view"])

    def asked(self, event: dict[str, Any]) -> None:
        """A `credential` event: the provider."""
        name = event["client"]
        self._asked[name] = event["ask"]
        client = self.given[name]
        if client.get("tokens") != "manual":
            self._later(self._provide(name, event["ask"], client.get("tokens", "good"), client.get("delay_ms", 0)))

    async def answer(self, name: str, how: str) -> None:
        """Answers the last one."""
        if name not in self._asked:
            raise Failed(f"{name} asked for no credentials")
        await self._provide(name, self._asked[name], how, 0)

    async def stop(self) -> None:
        """Ends the proxies."""
        for task in tuple(self._answers):
            task.cancel()
        await asyncio.gather(*(proxy.stop() for proxy in self._proxies.values()))

    def node_of(self, name: str) -> str:
        """The label of the node that holds its session."""
        return self._connected(name, "node")

    def session_of(self, name: str) -> str:
        """Its session."""
        return self._connected(name, "session")

    def _connected(self, name: str, key: str) -> str:
        connected = {"client": name, "on": "state", "state": "connected"}
        found = [told.event.get(key) for told in self._record.all(connected, whole=True)]
        if not found or found[-1] is None:
            raise Failed(f"{name} was never connected, or its driver does not tell the {key}")
        return str(found[-1])

    async def _open(self, name: str) -> None:
        proxy = self._proxies[name] = await Proxy(self._rig.port).start()
        given = self.given[name]
        options = {
            **given.get("options", {}),
            "url": f"ws://127.0.0.1:{proxy.port}/ws",
            "provider": given.get("provider", "token"),
        }
        await self._command({"do": "open", "client": name, "options": options})

    async def _enter(self, name: str, how: str, channel: str) -> None:
        await self._command({"do": how, "client": name, "channel": channel})
        await self._record.take({"client": name, "on": "joined", "channel": channel}, _BEGIN_S, 1)

    async def _command(self, command: dict[str, Any]) -> None:
        answer = await self._driver.do(command)
        if "failed" in answer:
            raise Failed(f"{command}: {answer['failed']}")

    async def _provide(self, name: str, ask: int, how: str, delay_ms: float) -> None:
        await asyncio.sleep(delay_ms / 1000)
        given = self.given[name]
        command: dict[str, Any] = {"do": "credential", "client": name, "ask": ask}
        if how in ("unauthorized", "other"):
            command["error"] = how
        elif given.get("provider") == "ticket":
            body = {"user": given["user"], "orgs": tokens.orgs(given)}
            try:
                ticket = await asyncio.to_thread(self._rig.call, "/v1/tickets", body)
                command["ticket"] = ticket["ticket"] if how == "good" else "not-a-ticket"
            except OSError:
                command["error"] = "other"
        else:
            command["token"] = tokens.token(given, tokens.SECRET if how == "good" else _BAD_SECRET)
        await self._command(command)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
