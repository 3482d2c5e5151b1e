"""Holds what was told against what the scenario promises: a method per kind of judgement."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from . import golden, log
from .application import Application
from .clients import Clients
from .driver import Driver
from .processes import Failed
from .publisher import Publisher
from .record import Record
from .rig import Rig
from .scenario import in_range, matches
from .whole import Seen, judge_stream


class Judge:
    """Raises `Failed` for a promise that does not hold."""

    def __init__(
        self,
        record: Record,
        clients: Clients,
        rig: Rig,
        publisher: Publisher,
        driver: Driver,
        application: Application | None,
    ) -> None:
        self._record, self._clients, self._rig = record, clients, rig
        self._publisher, self._driver, self._application = publisher, driver, application

    async def check(self, judgement: dict[str, Any]) -> None:
        """Judges."""
        kind = next(iter(judgement))
        check = getattr(self, f"_{kind}", None)
        if check is None:
            raise Failed(f"no such judgement: {judgement}")
        try:
            await check(judgement)
        except Failed as failed:
            raise Failed(f"{failed}\n  in the judgement {json.dumps(judgement)[:300]}") from None

    def last_seq(self, name: str, stream: str) -> int:
        """Where the client is in a stream, by what it was given and told."""
        return max((it.seq for it in self._seen(name, stream)), default=-1)

    def is_own_copy(self, name: str, action: dict[str, Any]) -> bool:
        """Whether a publication is the copy of what the client's user sent to somebody."""
        hub, user = action["meta"]["hub"], self._clients.given[name]["user"]
        return hub.get("from") == user and hub["to"].startswith("user:")

    async def _whole(self, judgement: dict[str, Any]) -> None:
        name = judgement["whole"]
        for stream in judgement["streams"]:
            held = await log.read(self._rig, self._clients.given[name], stream)
            wanted = {it["meta"]["hub"]["pos"] for it in held if not self.is_own_copy(name, it)}
            wanted |= set(self._publisher.stored[stream])
            judge_stream(stream, wanted, self._seen(name, stream))

    async def _online(self, judgement: dict[str, Any]) -> None:
        for user, wanted in judgement["online"].items():
            answer = await asyncio.to_thread(self._rig.call, f"/v1/users/{quote(user)}/sessions")
            if bool(answer["sessions"]) != wanted:
                raise Failed(f"{user} has {len(answer['sessions'])} sessions")

    async def _asked(self, judgement: dict[str, Any]) -> None:
        found = self._application.asked[judgement["asked"]] if self._application else 0
        if not in_range(judgement["times"], found):
            raise Failed(f"the application was asked {found} times")

    async def _stored(self, judgement: dict[str, Any]) -> None:
        found = await self._held(judgement["stored"], judgement["as"])
        if not in_range(judgement["times"], len(found)):
            raise Failed(f"the log has {len(found)}")

    async def _sequence(self, judgement: dict[str, Any]) -> None:
        found = [it.get("payload") for it in await self._held(judgement["sequence"], judgement["as"])]
        if found != judgement["payloads"]:
            raise Failed(f"the log has {found}")

    async def _count(self, judgement: dict[str, Any]) -> None:
        found = [told.event for told in self._record.all(judgement["of"])]
        if not in_range(judgement["count"], len(found)):
            raise Failed(f"told {len(found)} times; the first: {found[:3]}")

    async def _order(self, judgement: dict[str, Any]) -> None:
        wanted = list(judgement["order"])
        for told in self._record.all():
            if wanted and matches(wanted[0], told.event):
                wanted.pop(0)
        if wanted:
            raise Failed(f"not told in this order: {wanted[0]}")

    async def _members(self, judgement: dict[str, Any]) -> None:
        command = {"do": "members", "client": judgement["client"], "channel": judgement["channel"]}
        answer = await self._driver.do(command)
        if answer.get("stale") or answer.get("members") != judgement["members"]:
            raise Failed(f"the set is {answer}")

    async def _there(self, judgement: dict[str, Any]) -> None:
        answer = await asyncio.to_thread(self._rig.call, f"/v1/presence?channel={quote(judgement['channel'], safe='')}")
        among = judgement.get("among")
        there = {it["user"]: it["sessions"] for it in answer["users"] if among is None or it["user"] in among}
        if there != judgement["there"]:
            raise Failed(f"the node says {there}")

    async def _sessions(self, judgement: dict[str, Any]) -> None:
        answer = await asyncio.to_thread(self._rig.call, f"/v1/users/{judgement['sessions']}/sessions")
        if len(answer["sessions"]) != judgement["times"]:
            raise Failed(f"the node has {len(answer['sessions'])} sessions")

    async def _between(self, judgement: dict[str, Any]) -> None:
        first, second = self._first_of_each(judgement["between"])
        if not in_range(judgement["ms"], (second.at - first.at) * 1000):
            raise Failed(f"it took {(second.at - first.at) * 1000:.0f} ms")

    async def _same(self, judgement: dict[str, Any]) -> None:
        first, second = self._first_of_each(judgement["same"])
        key = judgement["key"]
        if first.event.get(key) is None or first.event.get(key) != second.event.get(key):
            raise Failed(f"{first.event.get(key)} and {second.event.get(key)}")

    async def _growing(self, judgement: dict[str, Any]) -> None:
        values = [told.event[judgement["key"]] for told in self._record.all(judgement["growing"])]
        half = len(values) // 2
        if half == 0 or max(values[half:]) <= max(values[:half]):
            raise Failed(f"the values are {values}")

    async def _spread(self, judgement: dict[str, Any]) -> None:
        first: dict[str, float] = {}
        for told in self._record.all(judgement["spread"]):
            first.setdefault(told.event["client"], told.event[judgement["key"]])
        if not first:
            raise Failed("no such event was told")
        buckets = Counter(int(value // judgement["bucket"]) for value in first.values())
        mean = len(first) / (max(buckets) + 1)
        if max(buckets.values()) > judgement["at_most"] * mean:
            raise Failed(f"the values are {sorted(first.values())}")

    async def _golden(self, judgement: dict[str, Any]) -> None:
        await golden.check(self._driver)

    async def _held(self, pattern: dict[str, Any], name: str) -> list[dict[str, Any]]:
        wanted = {key: value for key, value in pattern.items() if key != "to"}
        held = await log.read(self._rig, self._clients.given[name], pattern["to"])
        return [it for it in held if matches(wanted, it)]

    def _first_of_each(self, patterns: list[Any]) -> Any:
        first = next(self._record.all(patterns[0]), None)
        later = (told for told in self._record.all(patterns[1]) if first is not None and told.at >= first.at)
        second = next(later, None)
        if first is None or second is None:
            raise Failed("one of them was not told")
        return first, second

    def _seen(self, name: str, stream: str) -> list[Seen]:
        seen = []
        own = f"user:{self._clients.given[name]['user']}"
        for told in self._record.all({"client": name}, whole=True):
            event = told.event
            if event["on"] == "gap" and event.get("stream") == stream and event.get("pos"):
                seen.append(Seen(event["pos"], gap=True))
            elif event["on"] == "action" and event.get("pos"):
                at = own if event["to"].startswith("user:") else event["to"]
                if at == stream:
                    seen.append(Seen(event["pos"]))
        return seen
