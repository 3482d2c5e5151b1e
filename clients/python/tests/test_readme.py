"""The examples of the README run unchanged."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import World, eventually, within
from runner.rig import API_KEY, Rig

import hubwire

README = Path(__file__).parent.parent / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


async def run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    """Runs code that may use await at its top level."""
    compiled = compile(code, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if inspect.isawaitable(result):
        await result
    return names


def example(beginning: str) -> str:
    (found,) = [code for code in EXAMPLES if beginning in code]
    return str(found)


def names(world: World, **more: Any) -> dict[str, Any]:
    orgs = {"orgs": ["acme"]}
    return {
        "hubwire": hubwire,
        "url": f"ws://127.0.0.1:{world.rig.port}/ws",
        "get_token": world.token("u1", **orgs),
        "api_key": API_KEY,
        **more,
    }


def test_every_example_is_run_by_a_test() -> None:
    assert len(EXAMPLES) == 12


async def test_the_five_lines(world: World, api: hubwire.Server, capsys: pytest.CaptureFixture[str]) -> None:
    running = asyncio.ensure_future(run(example("# Publication | Gap"), names(world)))
    user = world.name("u1")
    await eventually(lambda: user in api.presence(channel="ch:acme/order/1842"))
    api.publish("ch:acme/order/1842", "order/paid", {"line": 3})
    await eventually(lambda: "order/paid" in capsys.readouterr().out)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await eventually(lambda: api.sessions(user) == [])


@pytest.mark.parametrize("beginning", ["sent = hub.send", "channel.presence.stale", "watch = hub.watch", "recent=20"])
async def test_what_is_shown_of_a_connected_client(world: World, beginning: str) -> None:
    hub = await world.connected("ada", claims={"orgs": ["acme"]})
    await within(run(example(beginning), names(world, hub=hub)))


def test_the_whole_program(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    code = example("asyncio.run(main())").replace("8081", str(rig.nodes[0].internal)).replace("8080", str(rig.port))
    made: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as thread:  # its event loop is separate from those of the tests
        thread.submit(exec, compile(code.replace('"dev"', repr(API_KEY)), "README.md", "exec"), made).result()
    made["api"].close()
    assert "{'text': 'hi'}" in capsys.readouterr().out


async def test_conversations(hosted_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world = hosted_world
    hub, other = await world.connected("ada"), await world.connected("bob")
    heard: list[hubwire.ReadMark] = []
    hub.on("read", heard.append)
    async with hub.inbox as inbox:
        await other.send(f"user:{world.name('ada')}", "chat/whisper", "unread so far")
        await within(inbox.__anext__())
        await within(run(example("hub.mark_read("), names(world, hub=hub)))
    assert f"{world.name('bob')} 1 unread so far" in capsys.readouterr().out
    await eventually(lambda: [it.user for it in heard] == [world.name("bob")])


async def test_the_inbox(world: World, api: hubwire.Server, capsys: pytest.CaptureFixture[str]) -> None:
    hub = await world.connected("ada")
    running = asyncio.ensure_future(run(example("who is there?"), names(world, hub=hub)))
    await asyncio.sleep(0)
    api.publish(f"user:{world.name('ada')}", "n", "an answer")
    await within(running)
    assert "an answer" in capsys.readouterr().out


async def test_load_and_follow(world: World, api: hubwire.Server) -> None:
    made = await run(example("async def follow"), names(world))
    hub = await world.connected("ada")
    states: list[list[int]] = []
    loading = asyncio.Event()

    async def load() -> list[int]:
        loading.set()
        return []

    def apply(state: list[int], event: hubwire.Publication) -> list[int]:
        states.append([*state, event.payload])
        return states[-1]

    running = asyncio.ensure_future(made["follow"](hub, world.room, load, apply))
    await within(loading.wait())
    for n in range(3):
        api.publish(world.room, "n", n)
    await eventually(lambda: states[-1:] == [[0, 1, 2]])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_inbox_with_a_device(world: World, api: hubwire.Server, capsys: pytest.CaptureFixture[str]) -> None:
    api.publish(f"user:{world.name('u1')}", "n", "it waited")
    await within(run(example("billing-worker-1"), names(world)))
    assert "it waited" in capsys.readouterr().out


async def test_a_backend(world: World) -> None:
    code = example("api.publish_many(").replace("8081", str(world.rig.nodes[0].internal))
    await within(run(code, names(world)), 20)


async def test_a_webhook() -> None:
    made = await run(example("def handle"), {"hubwire": hubwire, "webhook_secret": "s"})
    assert made["handle"]({}, b"{}") == 401
