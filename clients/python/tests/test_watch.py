"""Who is online, and calls in both directions, against a real node."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from conftest import World, binary, eventually, within
from runner.rig import API_KEY, Rig

import hubwire

SECRET = "a secret of the application that is longer than thirty-two bytes"


async def application(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The application's server: adds, keeps silent, or answers with its own error."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
    asked = json.loads(await reader.readexactly(length))
    if asked["method"] == "silent":
        await reader.read()
    else:
        adds = asked["method"] == "sum"
        body = json.dumps(sum(asked["params"]) if adds else {"no": asked["params"]}).encode()
        status = b"200 OK" if adds else b"422 No"
        fields = b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d" % len(body)
        writer.write(b"HTTP/1.1 " + status + b"\r\n" + fields + b"\r\n\r\n" + body)
        await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    """A node that calls the application, and announces joins and leaves without delay."""
    server = await asyncio.start_server(application, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = {
        "RPC_METHODS": f"*=http://127.0.0.1:{port}/",
        "RPC_TIMEOUT_MS": "20000",
        "APPLICATION_SECRETS": SECRET,
        "PRESENCE_LEFT_GRACE_MS": "0",
        "PRESENCE_DELAY_MS": "0",
        "PRESENCE_WATCH_MAX": "3",
    }
    rig = Rig("memory", binary(), settings)
    await rig.start()
    world = World(rig)
    yield world
    await world.end()
    rig.stop()
    server.close()


async def test_who_is_watched_is_heard_of_also_after_a_reconnect(world: World) -> None:
    proxy = await world.proxy()
    ada = await world.connected("ada", proxy=proxy)
    bob, carol = world.name("bob"), world.name("carol")
    watch = ada.watch([bob, carol])
    await eventually(lambda: not watch.stale)
    assert {it.user: it.online for it in watch.users.values()} == {bob: False, carol: False}
    hub = await world.connected("bob")
    await eventually(lambda: watch.users[bob].online)
    assert watch.users[bob].profile is None
    await hub.set_profile("Bob")
    await eventually(lambda: watch.users[bob].profile == hubwire.Profile("Bob"))
    proxy.set("refuse")  # until the client has noticed: a cut is over within milliseconds
    await eventually(lambda: watch.stale)
    await hub.close()
    await world.connected("carol")
    proxy.set("pass")
    await eventually(lambda: not watch.stale and not watch.users[bob].online and watch.users[carol].online)
    watch.close()


async def test_an_answer_that_comes_in_parts_is_known_as_a_whole() -> None:
    """Two profiles of 1,000 bytes fit into half an outbox."""
    rig = Rig("memory", binary(), {"SOCKET_OUTBOX_BYTES": "4096"})
    await rig.start()
    world = World(rig)
    plain = [f"long{number}" for number in range(5)]
    names = [world.name(name) for name in plain]
    for name in plain:
        hub = await world.connected(name)
        await hub.set_profile(None, {"text": "x" * 980})
    ada = await world.connected("ada")
    watch = ada.watch(names)
    await eventually(lambda: not watch.stale)
    assert set(watch.users) == set(names)
    assert all(it.profile for it in watch.users.values())
    await world.end()
    rig.stop()


async def test_users_that_two_watches_name_are_watched_until_both_end(world: World) -> None:
    ada = await world.connected("ada")
    bob = world.name("bob")
    first, second = ada.watch([bob, "x"]), ada.watch([bob])
    await eventually(lambda: not first.stale and not second.stale)
    first.close()
    await world.connected("bob")
    await eventually(lambda: second.users[bob].online)
    assert not first.users[bob].online
    second.close()
    # all three places are free again
    third = ada.watch(["y1", "y2", "y3"])
    await eventually(lambda: not third.stale)
    errors: list[hubwire.HubError] = []
    ada.on("error", errors.append)
    ada.watch(["y4"])
    await eventually(lambda: [it.code for it in errors] == ["too_many"])
    third.close()


async def test_the_application_is_asked_and_answers_in_its_own_words(world: World) -> None:
    ada = await world.connected("ada")
    assert await within(ada.rpc("sum", [1, 2, 3])) == 6
    with pytest.raises(hubwire.RpcError) as refused:
        await within(ada.rpc("other", "x"))
    assert refused.value.error == {"no": "x"}


async def test_an_rpc_whose_connection_is_lost_is_not_asked_again(world: World) -> None:
    proxy = await world.proxy()
    ada = await world.connected("ada", proxy=proxy)
    asked = asyncio.ensure_future(ada.rpc("silent"))
    await within(ada.rpc("sum", [1]))  # sent after it on the same link, so the node has both
    proxy.set("cut")
    with pytest.raises(hubwire.HubError) as lost:
        await within(asked)
    assert (lost.value.code, lost.value.outcome) == ("disconnected", "unknown")
    await eventually(lambda: ada.state == "connected")


async def test_the_application_asks_a_session(world: World) -> None:
    ada = await world.connected("ada")

    async def size(params: Any) -> Any:
        return {"width": params * 2}

    def broken(_: Any) -> None:
        raise ValueError("no screen")

    off = [ada.serve("size", size), ada.serve("broken", broken)]
    url = f"http://127.0.0.1:{world.rig.nodes[0].internal}/v1/sessions/{ada.session}/rpc"

    def call(method: str, params: Any = None) -> Any:
        body = json.dumps({"method": method, "params": params, "timeout_ms": 5_000}).encode()
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as response:
            return json.load(response)

    loop = asyncio.get_running_loop()
    assert (await loop.run_in_executor(None, call, "size", 21))["result"] == {"width": 42}
    assert (await loop.run_in_executor(None, call, "broken"))["error"]["message"] == "no screen"
    assert (await loop.run_in_executor(None, call, "other"))["error"]["code"] == "unknown_method"
    for end in off:
        end()
