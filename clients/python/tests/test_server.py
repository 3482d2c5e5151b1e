"""The server API: against a real node, and against servers that fail on purpose."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import World, within
from runner.rig import API_KEY, Rig

import hubwire


class Fake:
    """Answers each request with the next of its answers, and records the requests."""

    def __init__(self, *answers: tuple[int, dict[str, str], Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.asked.append({"path": self.path, "body": body, "at": time.monotonic()})
                status, headers, answer = fake.answers.pop(0)
                encoded = json.dumps(answer).encode()
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(encoded))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(encoded)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def fakes() -> Iterator[list[Fake]]:
    made: list[Fake] = []
    yield made
    for fake in made:
        fake.stop()


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no"}}


def test_it_publishes_once_however_often_it_is_repeated(api: hubwire.Server, world: World) -> None:
    first = api.publish(world.room, "n", 1, id="invoice-77")
    again = api.publish(world.room, "n", 1, id="invoice-77")
    assert (first.duplicate, again.duplicate, again.pos) == (False, True, first.pos)


async def test_it_makes_tickets_and_knows_sessions_and_presence(api: hubwire.Server, world: World) -> None:
    user = world.name("ada")
    orgs: dict[str, Any] = {world.org: {"roles": [], "teams": []}}
    hub = hubwire.connect(f"ws://127.0.0.1:{world.rig.port}/ws", get_ticket=lambda _: api.ticket(user, orgs).ticket)
    async with hub, hub.channel(world.room):
        (session,) = api.sessions(user)
        assert session.session == hub.session
        assert api.presence(user=user) == {user: 1}
        assert api.presence(channel=world.room) == {user: 1}
        assert api.disconnect(user, 4403) == 1
    assert api.sessions("nobody|at%all") == []


def test_an_error_has_the_code_of_the_api(api: hubwire.Server, rig: Rig) -> None:
    with pytest.raises(hubwire.HubError) as caught:
        api.publish("nonsense", "x")
    assert (caught.value.code, caught.value.retry) == ("bad_address", False)
    stranger = hubwire.Server(f"http://127.0.0.1:{rig.nodes[0].internal}", "wrong" * 8, timeout=1)
    with pytest.raises(hubwire.HubError, match="unauthenticated"):
        stranger.publish("org:acme", "x")
    with pytest.raises(ValueError, match="either"):
        api.presence()


def test_many_are_answered_one_by_one(api: hubwire.Server, world: World) -> None:
    items = [{"to": world.room, "type": "n", "payload": n} for n in range(130)]
    items.insert(1, {"to": "nonsense", "type": "n", "payload": 0})
    results = api.publish_many(items)
    assert [type(it).__name__ for it in results] == ["Published", "HubError"] + ["Published"] * 129


def test_an_address_that_cannot_serve_is_followed_by_the_next(fakes: list[Fake]) -> None:
    fakes += [Fake((503, {"Retry-After": "9"}, error("draining"))), Fake((200, {}, {"pos": "1-1"}))]
    with hubwire.Server(["http://127.0.0.1:9", *(fake.url for fake in fakes)], "key") as api:
        began = time.monotonic()
        assert api.publish("org:a", "x").pos == "1-1"
        assert time.monotonic() - began < 5
        fakes[1].answers.append((200, {}, {"pos": "2-1"}))
        assert api.publish("org:a", "x").pos == "2-1"  # at once to the one that answered
    assert len(fakes[0].asked) == 1
    assert fakes[0].asked[0]["body"]["id"] == fakes[1].asked[0]["body"]["id"]


def test_retry_after_is_obeyed_when_all_of_them_say_so(fakes: list[Fake]) -> None:
    fakes.append(Fake((503, {"Retry-After": "1"}, error("broker_unavailable")), (200, {}, {"pos": "1-1"})))
    with hubwire.Server(fakes[0].url, "key") as api:
        assert api.publish("org:a", "x").pos == "1-1"
    first, second = (asked["at"] for asked in fakes[0].asked)
    assert second - first >= 1


def test_what_a_client_may_have_done_is_not_asked_again(fakes: list[Fake]) -> None:
    fakes += [Fake((504, {}, error("timeout"))), Fake()]
    with hubwire.Server([fake.url for fake in fakes], "key") as api, pytest.raises(hubwire.HubError) as caught:
        api.call("0190a5b2-0000-8000-8000-000000000000", "ring")
    assert (caught.value.code, caught.value.outcome) == ("timeout", "unknown")
    assert (len(fakes[0].asked), fakes[1].asked) == (1, [])


def test_a_rate_limit_is_not_escaped_to_another_address(fakes: list[Fake]) -> None:
    fakes += [Fake((429, {"Retry-After": "30"}, error("rate_limited"))), Fake()]
    with (
        hubwire.Server([fake.url for fake in fakes], "key", timeout=2) as api,
        pytest.raises(hubwire.HubError) as caught,
    ):
        api.publish("org:a", "x")
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 30)
    assert fakes[1].asked == []


def test_items_that_may_pass_are_repeated_alone(fakes: list[Fake]) -> None:
    first = {"results": [{"pos": "1-1"}, error("overloaded"), error("forbidden")]}
    fakes.append(Fake((200, {}, first), (200, {}, {"results": [{"pos": "2-1"}]})))
    with hubwire.Server(fakes[0].url, "key") as api:
        one, two, three = api.publish_many([{"to": "org:a", "type": str(n)} for n in range(3)])
    assert (getattr(one, "pos", None), getattr(two, "pos", None)) == ("1-1", "2-1")
    assert isinstance(three, hubwire.HubError)
    assert [item["type"] for item in fakes[0].asked[1]["body"]] == ["1"]


def test_nobody_there_is_an_error_in_time() -> None:
    began = time.monotonic()
    with hubwire.Server("http://127.0.0.1:9", "key", timeout=0.5) as api, pytest.raises(hubwire.HubError) as caught:
        api.publish("org:a", "x")
    assert (caught.value.code, caught.value.outcome) == ("not_connected", "unknown")
    assert time.monotonic() - began < 3


async def test_the_asynchronous_one_does_the_same(rig: Rig, world: World) -> None:
    async with hubwire.AsyncServer(f"http://127.0.0.1:{rig.nodes[0].internal}", API_KEY) as api:
        assert (await within(api.publish(world.room, "n", 1))).pos
        assert len(await within(api.publish_many([{"to": world.room, "type": "n"}]))) == 1
        assert (await within(api.ticket(world.name("ada")))).ticket
        assert await within(api.sessions(world.name("ada"))) == []
        assert await within(api.presence(user=world.name("ada"))) == {}
        assert await within(api.disconnect(world.name("ada"))) == 0
