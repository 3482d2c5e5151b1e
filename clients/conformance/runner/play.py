"""Plays one scenario: a method per kind of step."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from pathlib import Path
from typing import Any

from . import log
from .application import Application
from .clients import Clients
from .driver import Driver
from .faults import Faults
from .judge import Judge
from .processes import Failed, eventually
from .publisher import Publisher
from .record import Record
from .rig import Rig
from .scenario import Scenario, matches

_WITHIN_MS = 10_000
_SETTLE_S = 30.0
_EVENTUALLY_S = 20.0


class Skipped(Exception):
    """The driver lacks an ability."""


class Play:
    """One scenario on one rig with one driver."""

    def __init__(
        self, scenario: Scenario, rig: Rig, application: Application | None, log_file: Path, verbose: bool
    ) -> None:
        self._scenario = scenario
        self._rig = rig
        self._record = Record()
        self._driver = Driver(self._told, log_file, verbose)
        self._clients = Clients(scenario, rig, self._driver, self._record)
        self._publisher = Publisher(rig)
        self._judge = Judge(self._record, self._clients, rig, self._publisher, self._driver, application)
        self._rounds = 0
        self._faults: Faults | None = None

    async def run(self, command: str) -> None:
        """Raises `Failed` or `Skipped`, or returns."""
        try:
            ready = await self._driver.start(command)
            missing = set(self._scenario.needs) - set(ready.get("abilities", []))
            if missing:
                raise Skipped(f"the driver has no {', '.join(sorted(missing))}")
            await self._clients.begin()
            self._record.begin()
            for step in self._scenario.when:
                await self._step(step)
            for judgement in self._scenario.then:
                await self._judge.check(judgement)
        finally:
            self._publisher.cancel()
            await self._driver.stop()
            await self._clients.stop()

    def history(self, last: int = 40) -> str:
        """The last events, for the report of a failure."""
        events = [json.dumps(told.event)[:240] for told in self._record.all(whole=True)]
        faults = [] if self._faults is None else [f"HUBWIRE_CONFORMANCE_SEED={self._faults.seed}: {self._faults.done}"]
        return "\n".join(events[-last:] + faults + [self._driver.output()])

    def _told(self, at: float, event: dict[str, Any]) -> None:
        self._record.add(at, event)
        if event.get("on") == "credential":
            self._clients.asked(event)

    async def _step(self, step: dict[str, Any]) -> None:
        kind = next(iter(step))
        try:
            play = getattr(self, f"_rig_{step['rig']}" if kind == "rig" else f"_step_{kind}")
        except AttributeError:
            raise Failed(f"no such step: {step}") from None
        try:
            await play(step)
        except Failed as failed:
            raise Failed(f"{failed}\n  in the step {json.dumps(step)[:300]}") from None

    async def _step_do(self, step: dict[str, Any]) -> None:
        wanted = step.get("expect", {})
        command = {key: value for key, value in step.items() if key != "expect"}
        if isinstance(command.get("ref"), str):
            command["ref"] = command["ref"].replace("#", str(self._rounds))
        answer = await self._driver.do(command)
        if "failed" in answer:
            raise Failed(f"the driver failed: {answer['failed']}")
        for key, value in wanted.items():
            if answer.get(key) != value:
                raise Failed(f"{key} is {answer.get(key)!r}, not {value!r}")

    async def _step_credential(self, step: dict[str, Any]) -> None:
        await self._clients.answer(step["credential"], step["with"])

    async def _step_grant(self, step: dict[str, Any]) -> None:
        self._clients.given[step["grant"]]["orgs"] = step["orgs"]

    async def _rig_stop(self, _: dict[str, Any]) -> None:
        self._driver.signal(signal.SIGSTOP)

    async def _rig_continue(self, _: dict[str, Any]) -> None:
        self._driver.signal(signal.SIGCONT)

    async def _rig_kill_node(self, step: dict[str, Any]) -> None:
        self._rig.node(self._clients.node_of(step["of"])).process.kill()

    async def _rig_drain_node(self, step: dict[str, Any]) -> None:
        self._rig.node(self._clients.node_of(step["of"])).process.signal(signal.SIGTERM)

    async def _rig_restart_node(self, step: dict[str, Any]) -> None:
        node = self._rig.node(self._clients.node_of(step["of"]))
        await asyncio.to_thread(node.restart)
        await self._rig.until_ready(node)

    async def _rig_restart_redis(self, step: dict[str, Any]) -> None:
        assert self._rig.redis is not None
        await self._rig.redis.restart(step["keep"])

    async def _rig_cut(self, step: dict[str, Any]) -> None:
        for proxy in self._clients.proxies(step["client"]):
            proxy.set(step["rig"])

    _rig_refuse = _rig_hole = _rig_swallow = _rig_pass = _rig_cut

    async def _rig_shut(self, step: dict[str, Any]) -> None:
        for proxy in self._clients.proxies(step["client"]):
            await proxy.shut(step["code"])

    async def _rig_inject(self, step: dict[str, Any]) -> None:
        for proxy in self._clients.proxies(step["client"]):
            proxy.inject(json.dumps(step["action"]))

    async def _rig_hold(self, step: dict[str, Any]) -> None:
        for proxy in self._clients.proxies(step["client"]):
            proxy.hold(step["answers"])

    async def _rig_release(self, step: dict[str, Any]) -> None:
        for proxy in self._clients.proxies(step["client"]):
            proxy.release()

    async def _step_api(self, step: dict[str, Any]) -> None:
        if step["api"] == "publish":
            await self._publisher.publish(step["to"], step["type"], step.get("payload"), step.get("times", 1))
        elif step["api"] == "call":
            path = f"/v1/sessions/{self._clients.session_of(step['client'])}/rpc"
            asked = {"method": step["method"], "params": step.get("params"), "timeout_ms": 10_000}
            answer = await asyncio.to_thread(self._rig.call, path, asked)
            if not matches(step["expect"], answer):
                raise Failed(f"the answer is {answer}")
        else:
            path = f"/v1/users/{step['user']}/disconnect"
            await asyncio.to_thread(self._rig.call, path, {"code": step["code"]})

    async def _step_load(self, step: dict[str, Any]) -> None:
        await self._publisher.end_load()
        self._publisher.load(step["load"], step.get("per_second", 0))

    async def _step_faults(self, step: dict[str, Any]) -> None:
        if self._faults is None:
            seed = int(os.environ.get("HUBWIRE_CONFORMANCE_SEED") or random.randrange(1 << 20))
            self._faults = Faults(seed, self._rig, self._clients)
        await self._faults.run(step["faults"])

    async def _step_await(self, step: dict[str, Any]) -> None:
        await self._record.take(step["await"], step.get("within_ms", _WITHIN_MS) / 1000, step.get("times", 1))

    async def _step_quiet(self, step: dict[str, Any]) -> None:
        since = len(self._record)
        await asyncio.sleep(step["for_ms"] / 1000)
        for told in self._record.all(step["quiet"], since=since):
            raise Failed(f"this was told: {told.event}")

    async def _step_pause_ms(self, step: dict[str, Any]) -> None:
        await asyncio.sleep(step["pause_ms"] / 1000)

    async def _step_repeat(self, step: dict[str, Any]) -> None:
        for _ in range(step["repeat"]):
            self._rounds += 1
            for one in step["steps"]:
                await self._step(one)

    async def _step_eventually(self, step: dict[str, Any]) -> None:
        why = ""

        async def holds() -> bool:
            nonlocal why
            try:
                await self._judge.check(step["eventually"])
            except Failed as failed:
                why = str(failed)
                return False
            return True

        await eventually(holds, lambda: why, _EVENTUALLY_S)

    async def _step_settle(self, step: dict[str, Any]) -> None:
        for stream in step["streams"]:
            await eventually(lambda: self._has_all(step["settle"], stream), f"{stream} arrived", _SETTLE_S)

    async def _has_all(self, name: str, stream: str) -> bool:
        client = self._clients.given[name]
        try:
            newest = await log.read(self._rig, client, stream, newest_only=True)
        except OSError:
            return False
        if not newest:
            return True
        top = log.seq(newest[-1]["meta"]["hub"]["pos"])
        return self._judge.last_seq(name, stream) >= top or self._judge.is_own_copy(name, newest[-1])
