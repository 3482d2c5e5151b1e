"""Every route that a backend may use, called on a real node, and the webhooks that the node sends."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from conftest import HOSTING, REPOSITORY, World, binary, eventually, within
from runner.rig import API_KEY, Rig

import hubwire

SECRET = "a secret of the application that is longer than thirty-two bytes"
README = REPOSITORY / "clients/python/README.md"


class Backend:
    """The application's server: it records webhooks, refuses those about direct messages, and answers rpcs later."""

    def __init__(self) -> None:
        self.url = ""
        self.webhooks: list[tuple[bytes, str]] = []
        self.asked: list[dict[str, Any]] = []
        self.refuses = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields["content-length"]))
        if head.startswith("POST /events"):
            self.webhooks.append((body, fields["x-hubwire-signature"]))
            status = "422 No" if self.refuses and b"direct.stored" in body else "204 Taken"
        else:
            self.asked.append(json.loads(body))
            status = "202 Later"
        writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0)
    backend.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield backend
    server.close()


@pytest_asyncio.fixture
async def world(backend: Backend) -> AsyncIterator[World]:
    """A node with an application behind it."""
    settings = {
        **HOSTING,
        "RPC_METHODS": f"*={backend.url}/rpc",
        "EVENTS_WEBHOOK_URL": f"{backend.url}/events",
        "APPLICATION_SECRETS": SECRET,
        "PRESENCE_LAST_SEEN": "true",
        "PRESENCE_PERSISTENT_MAX": "4",
    }
    rig = await Rig("memory", binary(), settings).start()
    world = World(rig)
    yield world
    await world.end()
    rig.stop()


def routes() -> list[tuple[str, re.Pattern[str]]]:
    """All documented routes, by name, with patterns of their paths."""
    found, path = [], ""
    for line in (REPOSITORY / "docs/openapi.yaml").read_text().split("\npaths:\n")[1].splitlines():
        if re.match(r"\S", line):
            break
        if quoted := re.fullmatch(r'  "?(/[^"]*)"?:', line):
            path = quoted[1]
        elif verb := re.fullmatch(r"    (get|put|post|delete):", line):
            pattern = re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(path))
            found.append((f"{verb[1].upper()} {path}", re.compile(f"{verb[1].upper()} {pattern}(\\?.*)?")))
    assert len(found) > 50
    return found


def left_out() -> set[str]:
    table = README.read_text().split("have no method:\n")[1].split("\n\n")[0]
    return set(re.findall(r"`((?:GET|PUT|POST|DELETE) [^`]+)`", table))


async def publishes(api: hubwire.AsyncServer, room: str, ada: str, bob: str) -> str:
    """Publishes twice in the room and once to a user; returns the first position."""
    first = await api.publish(room, "n", 1, error=True, except_=[bob], id="first")
    assert first.ts is not None
    again, *_ = await api.publish_many(
        [{"to": room, "type": "n", "payload": 1, "error": True, "except_": [bob], "id": "first"}]
    )
    assert isinstance(again, hubwire.Published)
    assert (again.duplicate, again.pos) == (True, first.pos)
    to_both = await api.publish_to([room, f"user:{ada}"], "n", 2)
    assert [type(it).__name__ for it in to_both] == ["Published", "Published"]
    assert first.pos is not None
    return first.pos


async def asks_a_session(api: hubwire.AsyncServer, phone: hubwire.Hub, backend: Backend) -> None:
    ada = str(phone.user)
    (session,) = await api.sessions(ada)
    status = await api.session(session.session)
    assert (status.user, status.device, status.orgs) == (ada, "phone", phone.orgs)
    assert await api.call(session.session, "size", 21) == 42
    with pytest.raises(hubwire.RpcError, match="unknown_method"):
        await api.call(session.session, "other")
    answer = asyncio.ensure_future(phone.rpc("later", [1]))
    await eventually(lambda: backend.asked)
    assert await api.reply(session.session, backend.asked[0]["id"], {"sum": 3}) == 1
    assert await within(answer) == {"sum": 3}


async def looks(api: hubwire.AsyncServer, room: str, ada: str) -> None:
    await api.set_profile(ada, "Ada L.", {"avatar": "a.png"})
    member = (await api.members(room))[ada]
    assert member.profile == hubwire.Profile("Ada L.", {"avatar": "a.png"})
    assert (await api.presence(channel=room), await api.count(room)) == ({ada: 1}, 1)
    page = await api.channels(org=room[3:].split("/")[0], prefix="open")
    assert ([(it.channel, it.users) for it in page.channels], page.more) == ([(room, 1)], False)
    channel = await api.channel(room)
    assert (channel.count, channel.users, channel.stream.length) == (1, {ada: 1}, 2)
    user = await api.user(ada)
    assert (user.count, user.sessions[0].device, user.blocked, user.stream.length) == (1, "phone", None, 1)


async def changes_a_channel(api: hubwire.AsyncServer, room: str, ada: str, first: str) -> None:
    await api.store_snapshot(room, {"sum": 1}, first)
    history = await api.history(room, after=first)
    assert [it.payload for it in history.publications] == [2]
    assert (await api.stream(room)).top == history.publications[-1].pos
    assert await api.purge(room, first) == 1
    assert await api.join(room, ada, persist=True) == 1
    assert await api.kick(room, ada) == 1
    assert await api.join(room, ada) == 1
    assert await api.close_channel(room) == 1


async def finds_what_is_dead(api: hubwire.AsyncServer, backend: Backend, bob: str) -> None:
    # events that nobody accepts stay dead letters until they are replayed
    await api.publish(f"user:{bob}", "n", "for one who is away")
    await eventually_async(lambda: api.dead_events(), lambda dead: dead.count == 1)
    assert (await api.dead_events(1)).events[0]["type"] == "direct.stored"
    backend.refuses = False
    assert await api.replay_events(1) == 1
    await eventually_async(lambda: api.dead_events(), lambda dead: dead.count == 0)


async def denies(api: hubwire.AsyncServer, bob: str) -> None:
    assert await api.block(bob, 60, "spam") > 0
    assert await api.block_address("203.0.113.0/24", 60) > 0
    assert await api.revoke_token("a token", seconds=60) > 0
    assert await api.revoke_tokens(bob, int(time.time()), seconds=60) > 0
    blocks = await api.blocks()
    assert [(it.user, it.reason) for it in blocks.users] == [(bob, "spam")]
    assert [it.address for it in blocks.addresses] == ["203.0.113.0/24"]
    assert sorted((it.jti or "", it.user or "") for it in blocks.revocations) == [("", bob), ("a token", "")]
    assert (await api.unblock(bob), await api.unblock(bob)) == (True, False)
    assert await api.unblock_address("203.0.113.0/24")


async def test_every_route_that_a_backend_may_use_has_a_method(world: World, backend: Backend) -> None:
    api = hubwire.AsyncServer(f"http://127.0.0.1:{world.rig.nodes[0].internal}", API_KEY)
    asked: list[str] = []
    transport = api._server._transport
    send = transport.call

    def spy(method: str, path: str, body: Any = None, **options: Any) -> Any:
        asked.append(f"{method} {path}")
        return send(method, path, body, **options)

    transport.call = spy  # type: ignore[method-assign]
    ada, bob = world.name("ada"), world.name("bob")
    room = f"ch:{world.org}/open/room"
    ticket = await api.ticket(
        ada, {world.org: {"roles": [], "teams": []}}, device="phone", scopes=[f"+join:ch:{world.org}/**"]
    )
    phone = world.hub("ada", get_ticket=lambda _: ticket.ticket, get_token=None)
    await phone.connect()
    phone.serve("size", lambda params: params * 2)

    async with phone.channel(room, snapshot=True):
        first = await publishes(api, room, ada, bob)
        await asks_a_session(api, phone, backend)
        await looks(api, room, ada)
        await changes_a_channel(api, room, ada, first)
    await finds_what_is_dead(api, backend, bob)
    await denies(api, bob)
    assert await api.disconnect_session(str(phone.session), 4403) == 1
    await eventually(lambda: phone.state == "failed")
    assert await api.disconnect(ada) == 0
    assert (await api.erase(ada)).publications == 1
    await api.close()

    used = {name for name, pattern in routes() if any(pattern.fullmatch(one) for one in asked)}
    assert {name for name, _ in routes()} == used | left_out()
    assert not used & left_out()


async def eventually_async(ask: Any, holds: Any) -> None:
    async def wait() -> None:
        while True:
            if holds(await ask()):
                return
            await asyncio.sleep(0.02)

    await within(wait(), 20)


async def test_a_webhook_of_a_node_has_a_signature_that_is_good(world: World, backend: Backend) -> None:
    hub = await world.connected("ada")
    body, signature = await eventually(
        lambda: next((it for it in backend.webhooks if b"session.connected" in it[0]), None)
    )
    events = [(it["type"], it.get("user"), it.get("session")) for it in json.loads(body)["events"]]
    assert ("session.connected", world.name("ada"), hub.session) in events
    assert hubwire.verify_webhook(SECRET, body, signature)
    assert hubwire.verify_webhook(["the next secret", SECRET], body, signature)
    assert not hubwire.verify_webhook("the next secret", body, signature)
    assert not hubwire.verify_webhook(SECRET, body.replace(b"ada", b"eve"), signature)
    assert not hubwire.verify_webhook(SECRET, body, signature, now=time.time() + 301)


def test_the_asynchronous_server_has_every_method_of_the_other_one() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(it).parameters) for name, it in found if not name.startswith("_")}

    assert methods(hubwire.AsyncServer) == methods(hubwire.Server)
