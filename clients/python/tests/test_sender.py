"""Sends are retried in order, take effect once within the node's window of ids, and end by their deadlines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from conftest import eventually

from hubwire import Environment, HubError, Queue
from hubwire.client.sender import Sender
from hubwire.client.sent import Sent
from hubwire.codec import Limits
from hubwire.options import Options


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Wire:
    """Records what is written to a link."""

    has_room = True

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(json.loads(text)["n"])


class Bench:
    made: ClassVar[list[Bench]] = []

    def __init__(self, **queue: Any) -> None:
        self.made.append(self)
        self.clock = Clock()
        self.unheard: list[HubError] = []
        environment = Environment(clock=self.clock, random=lambda: 1.0)
        options = Options(url="ws://x", get_token=lambda _: "t", queue=Queue(**queue), environment=environment)
        self.sender = Sender(options, self.unheard.append)
        self.wire = Wire()

    def send(self, n: str, **options: Any) -> Sent:
        return self.sender.send(n, json.dumps({"n": n}), "ch:a/b", **options)

    def connect(self, **limits: Any) -> Wire:
        self.wire = Wire()
        self.sender.connected(self.wire, Limits(**limits))  # type: ignore[arg-type]
        return self.wire

    async def rejected(self, sent: Sent) -> HubError:
        with pytest.raises(HubError) as caught:
            await asyncio.wait_for(asyncio.ensure_future(_await(sent)), 5)
        return caught.value


@pytest_asyncio.fixture(autouse=True)
async def ended() -> AsyncIterator[None]:
    yield
    for bench in Bench.made:
        bench.sender.end("closed")
    Bench.made.clear()


async def _await(sent: Sent) -> Any:
    return await sent


async def test_what_was_not_acknowledged_goes_again_before_what_is_newer() -> None:
    bench = Bench()
    wire = bench.connect()
    for n in "abc":
        bench.send(n)
    bench.sender.acked("b", {"pos": "1-1"})
    bench.sender.disconnected()
    bench.send("d")
    assert wire.written == ["a", "b", "c"]
    assert bench.connect().written == ["a", "c", "d"]


async def test_an_answer_says_how_often_it_was_sent() -> None:
    bench = Bench()
    bench.connect()
    sent = bench.send("a")
    bench.sender.disconnected()
    bench.connect()
    bench.sender.acked("a", {"pos": "5-1", "duplicate": True})
    ack = await sent
    assert (ack.pos, ack.duplicate, ack.attempts) == ("5-1", True, 2)


async def test_one_that_may_pass_later_holds_back_those_behind_it() -> None:
    bench = Bench()
    wire = bench.connect(in_flight_max=2)
    for n in "abc":
        bench.send(n)
    assert wire.written == ["a"]
    bench.sender.refused("a", HubError("rate_limited", retry=True, retry_after=1.5))
    assert wire.written == ["a"]
    bench.clock.now = 1.6
    await eventually(lambda: wire.written == ["a", "a"])
    bench.sender.acked("a", {})
    assert wire.written == ["a", "a", "b"]


async def test_no_more_are_in_flight_than_half_of_what_the_node_takes() -> None:
    bench = Bench()
    wire = bench.connect(in_flight_max=8)
    for n in range(10):
        bench.send(str(n))
    assert wire.written == ["0", "1", "2", "3"]
    bench.sender.acked("0", {})
    assert wire.written[-1] == "4"


async def test_the_rate_that_the_node_told_is_kept() -> None:
    bench = Bench()
    wire = bench.connect(actions_per_second=10, actions_burst=10)
    for n in range(20):
        bench.send(str(n))
    assert len(wire.written) == 9
    bench.clock.now = 0.5
    await eventually(lambda: len(wire.written) == 13)


async def test_an_error_that_stays_rejects_at_once() -> None:
    bench = Bench()
    bench.connect()
    sent = bench.send("a")
    bench.sender.refused("a", HubError("forbidden", id="a"))
    error = await bench.rejected(sent)
    assert (error.code, error.outcome) == ("forbidden", "not_done")


async def test_without_an_answer_it_goes_again_on_the_same_connection() -> None:
    bench = Bench()
    wire = bench.connect()
    bench.send("a")
    bench.clock.now = 15.1
    await eventually(lambda: wire.written == ["a", "a"])


async def test_one_that_is_too_old_is_not_repeated_and_its_echo_acknowledges_it() -> None:
    bench = Bench()
    bench.connect()
    echoed, silent = bench.send("a"), bench.send("b")
    bench.sender.disconnected()
    bench.clock.now = 111
    await eventually(lambda: all(entry.stale for entry in bench.sender.outbox))
    assert bench.connect().written == []
    bench.sender.echoed("a", "7-1", None)
    bench.sender.decide_stale()
    assert (await echoed).pos == "7-1"
    error = await bench.rejected(silent)
    assert (error.code, error.outcome) == ("timeout", "unknown")


async def test_an_echo_does_not_take_the_place_of_an_answer_that_can_still_come() -> None:
    bench = Bench()
    bench.connect()
    sent = bench.send("a")
    bench.sender.echoed("a", "7-1", None)
    assert not sent.done
    bench.sender.acked("a", {"pos": "7-1", "sessions": 3})
    assert (await sent).sessions == 3


async def test_what_was_never_sent_expires_and_is_not_done() -> None:
    bench = Bench(ttl=5.0)
    default, own = bench.send("a"), bench.send("b", deadline=1.0)
    bench.clock.now = 1.1
    assert (await bench.rejected(own)).code == "expired"
    assert not default.done
    bench.clock.now = 5.1
    assert (await bench.rejected(default)).outcome == "not_done"


async def test_a_deadline_after_it_was_sent_leaves_the_outcome_unknown() -> None:
    bench = Bench()
    bench.connect()
    sent = bench.send("a", deadline=1.0)
    bench.clock.now = 1.1
    error = await bench.rejected(sent)
    assert (error.code, error.outcome) == ("timeout", "unknown")


async def test_the_queue_is_bounded_in_items_and_in_bytes() -> None:
    bench = Bench(items=2, bytes=100)
    bench.send("a")
    bench.send("b")
    with pytest.raises(HubError, match="queue_full"):
        bench.send("c")
    small = Bench(bytes=20)
    small.send("a")
    with pytest.raises(HubError, match="queue_full"):
        small.send("a-long-name")


async def test_only_what_never_left_can_be_taken_back() -> None:
    bench = Bench()
    queued = bench.send("a")
    assert queued.cancel()
    assert (await bench.rejected(queued)).code == "cancelled"
    bench.connect()
    sent = bench.send("b")
    assert not sent.cancel()
    bench.sender.acked("b", {})


async def test_a_rejection_that_nobody_awaits_is_told() -> None:
    bench = Bench()
    bench.connect()
    bench.send("a")
    bench.sender.refused("a", HubError("forbidden"))
    await eventually(lambda: [error.code for error in bench.unheard] == ["forbidden"])


async def test_the_same_id_twice_is_a_conflict() -> None:
    bench = Bench()
    bench.send("a")
    with pytest.raises(HubError, match="id_conflict"):
        bench.send("a")


async def test_the_others_of_a_frame_that_was_refused_go_again_alone() -> None:
    bench = Bench()
    wire = bench.connect()
    bench.send("a", flying=True)
    assert wire.written == []
    bench.sender.repeat("a")
    assert wire.written == ["a"]
