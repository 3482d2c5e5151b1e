"""The runner is judged itself: planted losses, duplicates and disorders must be found, and its parts do what scenarios rely on."""

import asyncio
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from runner import golden  # noqa: E402
from runner.play import Play  # noqa: E402
from runner.judge import Judge  # noqa: E402
from runner.processes import Failed  # noqa: E402
from runner.proxy import Proxy, chunk_of, frame_of  # noqa: E402
from runner.record import Record  # noqa: E402
from runner.scenario import in_range, load, matches  # noqa: E402
from runner.whole import Seen, judge_stream  # noqa: E402


def positions(*seqs):
    return [f"{seq}-1" for seq in seqs]


def seen(*items):
    """Numbers are publications; a number in a list is a gap."""
    return [Seen(f"{it[0]}-1", gap=True) if isinstance(it, list) else Seen(f"{it}-1") for it in items]


class TheJudgeOfAStream(unittest.TestCase):
    def fails(self, wanted, what, *items):
        with self.assertRaisesRegex(Failed, what):
            judge_stream("s", positions(*wanted), seen(*items))

    def test_a_whole_stream_passes(self):
        judge_stream("s", positions(1, 2, 3), seen(1, 2, 3))

    def test_a_loss_is_found(self):
        self.fails((1, 2, 3), "missing", 1, 3)
        self.fails((1, 2, 3), "missing", 1, 2)
        self.fails((1, 2, 3), "missing")

    def test_a_duplicate_is_found(self):
        self.fails((1, 2), "twice", 1, 2, 2)

    def test_a_disorder_is_found(self):
        self.fails((1, 2, 3), "after", 1, 3, 2)

    def test_a_gap_excuses_what_lies_before_its_position_and_nothing_else(self):
        judge_stream("s", positions(1, 2, 3, 4), seen(1, [3], 4))
        self.fails((1, 2, 3, 4), "missing", 1, [2], 4)
        self.fails((1, 2, 3, 4), "missing", 2, [3], 4)

    def test_after_a_gap_nothing_from_before_it_comes(self):
        self.fails((1, 2, 3), "after", 1, [3], 2)


class Patterns(unittest.TestCase):
    def test_events_match_by_the_keys_of_the_pattern(self):
        event = {"client": "c-12", "on": "state", "state": "connected", "n": 3, "users": ["a"]}
        for pattern in ({}, {"client": "c-*"}, {"client": "*"}, {"n": {"min": 3}}, {"users": {"has": "a"}}):
            self.assertTrue(matches(pattern, event), pattern)
        for pattern in ({"client": "d-*"}, {"n": {"max": 2}}, {"users": {"has": "b"}}, {"absent": 1}):
            self.assertFalse(matches(pattern, event), pattern)
        self.assertTrue(matches({"state": {"any": ["failed", "connected"]}}, event))
        self.assertFalse(matches({"stale": False}, {"stale": 0}))

    def test_a_range_has_ends(self):
        self.assertTrue(in_range({"min": 1, "max": 2}, 2))
        self.assertFalse(in_range({"min": 1, "max": 2}, 3))
        self.assertFalse(in_range(2, 3))


class Scenarios(unittest.TestCase):
    def test_all_are_playable(self):
        for long in (False, True):
            scenarios = load(long)
            self.assertGreaterEqual(len(scenarios), 40)
            self.assertEqual(len({scenario.id for scenario in scenarios}), len(scenarios))
            for scenario in scenarios:
                self.steps(scenario.when)
                for judgement in scenario.then:
                    self.assertTrue(hasattr(Judge, f"_{next(iter(judgement))}"), judgement)

    def steps(self, steps):
        for step in steps:
            kind = next(iter(step))
            name = f"_rig_{step['rig']}" if kind == "rig" else f"_step_{kind}"
            self.assertTrue(hasattr(Play, name), step)
            self.steps(step.get("steps", []))

    def test_no_name_is_used_by_two_runs(self):
        first, second = load(False), load(False)
        for one, other in zip(first, second):
            for name, client in one.clients.items():
                self.assertNotEqual(client["user"], other.clients[name]["user"])


class TheRecord(unittest.IsolatedAsyncioTestCase):
    async def test_an_event_is_taken_once(self):
        record = Record()
        for n in range(2):
            record.add(float(n), {"on": "acked", "n": n})
        self.assertEqual((await record.take({"on": "acked"}, 0.1, 1))["n"], 0)
        self.assertEqual((await record.take({"on": "acked"}, 0.1, 1))["n"], 1)
        with self.assertRaisesRegex(Failed, "not told"):
            await record.take({"on": "acked"}, 0.01, 1)

    async def test_what_was_told_before_when_is_not_judged(self):
        record = Record()
        record.add(0.0, {"on": "state"})
        record.begin()
        self.assertEqual(list(record.all()), [])
        self.assertEqual(len(list(record.all(whole=True))), 1)


class ProxyTest(unittest.IsolatedAsyncioTestCase):
    """A server whose answers pass a proxy."""

    async def asyncSetUp(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.proxy = await Proxy(self.server.sockets[0].getsockname()[1]).start()

    async def asyncTearDown(self):
        await self.proxy.stop()
        self.server.close()

    async def ask(self, line):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        self.addCleanup(writer.close)
        writer.write(line + b" HTTP/1.1\r\n\r\n")
        return reader, writer


class TheProxy(ProxyTest):
    @staticmethod
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        while line := await reader.readline():
            writer.write(frame_of(1, line.strip()))
        writer.close()

    async def connect(self):
        reader, writer = await self.ask(b"GET /")
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def says(self, connection, text):
        reader, writer = connection
        writer.write(text + b"\n")
        return await asyncio.wait_for(reader.readexactly(len(frame_of(1, text))), 1)

    async def test_it_passes_frames_of_every_length(self):
        connection = await self.connect()
        for length in (1, 125, 126, 40_000):
            text = b"x" * length
            self.assertEqual(await self.says(connection, text), frame_of(1, text))

    async def test_a_cut_ends_what_is_open_and_refuse_also_what_comes(self):
        connection = await self.connect()
        self.proxy.set("cut")
        with self.assertRaises((OSError, asyncio.IncompleteReadError)):
            await self.says(connection, b"one")
        await self.connect()
        self.proxy.set("refuse")
        with self.assertRaises((OSError, asyncio.IncompleteReadError)):
            await self.connect()

    async def test_a_hole_holds_bytes_back_and_swallow_loses_them(self):
        connection = await self.connect()
        self.proxy.set("hole")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.says(connection, b"one"), 0.1)
        self.proxy.set("pass")
        self.assertEqual(await asyncio.wait_for(connection[0].readexactly(5), 1), frame_of(1, b"one"))
        self.proxy.set("swallow")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.says(connection, b"two"), 0.1)
        self.proxy.set("pass")
        self.assertEqual(await self.says(connection, b"three"), frame_of(1, b"three"))

    async def test_held_frames_wait_while_others_pass(self):
        connection = await self.connect()
        self.proxy.hold("secret")
        connection[1].write(b"a secret\n")
        self.assertEqual(await self.says(connection, b"open"), frame_of(1, b"open"))
        self.proxy.release()
        self.assertEqual(await asyncio.wait_for(connection[0].readexactly(10), 1), frame_of(1, b"a secret"))

    async def test_the_client_can_be_shut_with_a_code(self):
        connection = await self.connect()
        await self.proxy.shut(4499)
        self.assertEqual(await asyncio.wait_for(connection[0].read(), 1), b"\x88\x02\x11\x93")


class TheProxyOfStreams(ProxyTest):
    """Events instead of frames, and answers to posts on connections of their own."""

    @staticmethod
    async def serve(reader, writer):
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"POST"):
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            while line := await reader.readline():
                writer.write(chunk_of(b"data: " + line + b"\n"))
        writer.close()

    async def test_events_are_held_lost_and_put_between_as_frames_are(self):
        reader, writer = await self.ask(b"GET /stream")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
        self.proxy.hold("secret")
        writer.write(b"a secret\nopen\n")
        for text in (b"open", b"ours", b"a secret"):
            event = chunk_of(b"data: " + text + b"\n\n")
            self.assertEqual(await asyncio.wait_for(reader.readexactly(len(event)), 1), event)
            if text == b"open":
                self.proxy.inject("ours")
            self.proxy.release()
        await self.proxy.shut(4499)
        rest = await asyncio.wait_for(reader.read(), 1)
        self.assertIn(b'event: close\ndata: {"code":4499,"reason":""}', rest)
        self.assertTrue(rest.endswith(b"0\r\n\r\n"))

    async def test_the_answer_to_a_post_passes_and_is_lost_when_it_is_to_be(self):
        reader, _ = await self.ask(b"POST /stream/1")
        self.assertTrue((await asyncio.wait_for(reader.read(), 1)).endswith(b"ok"))
        self.proxy.set("swallow")
        reader, _ = await self.ask(b"POST /stream/1")
        self.assertEqual(await asyncio.wait_for(reader.read(), 1), b"")

    async def test_only_what_is_blocked_ends_without_an_answer(self):
        self.proxy.set("no_sockets")
        reader, _ = await self.ask(b"GET /ws")
        with self.assertRaises((OSError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
        reader, _ = await self.ask(b"GET /stream")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
        self.assertEqual(self.proxy.sockets, 1)


class TheGoldenVectors(unittest.IsolatedAsyncioTestCase):
    """A driver that is wrong in one point does not pass."""

    class Driver:
        def __init__(self, **wrong):
            self.wrong = wrong

        async def do(self, command):
            if command["do"] == "decode":
                found = json.loads(command["frame"])
                if self.wrong.get("drops_payloads"):
                    found.pop("payload", None)
                return {"actions": [found]}
            if not self.wrong.get("writes_everything") and not self.valid(command["actions"]):
                return {"failed": "no"}
            return {"frame": json.dumps(command["actions"])}

        @staticmethod
        def valid(actions):
            vectors = json.loads((golden.VECTORS / "client.json").read_text())
            known = [golden._actions(it["json"]) for it in vectors if "json" in it]
            return any(golden._same(actions, [golden._without_ours(it) for it in one]) for one in known)

    async def test_a_right_one_passes(self):
        await golden.check(self.Driver())

    async def test_wrong_ones_do_not(self):
        with self.assertRaisesRegex(Failed, "server.json"):
            await golden.check(self.Driver(drops_payloads=True))
        with self.assertRaisesRegex(Failed, "refused.json"):
            await golden.check(self.Driver(writes_everything=True))


class AClientOfAThirdParty(unittest.TestCase):
    """The table names the scenario that a client does not pass, and it alone."""

    def test_one_that_forgets_its_positions_fails_where_they_matter(self):
        here = Path(__file__).parent
        driver = f"{sys.executable} {here / 'forgetful_driver.py'}"
        command = [sys.executable, here.parent / "run", "--driver", driver, "--only", "s01,d02,c05"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        table = {line.split()[0]: line.split()[2] for line in done.stdout.splitlines() if "  memory  " in line}
        self.assertEqual(table, {"s01": "ok", "d02": "FAILED", "c05": "skipped"}, done.stdout + done.stderr)
        self.assertIn("1 passed, 1 failed, 1 skipped", done.stdout)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
