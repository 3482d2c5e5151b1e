"""Sessions without WebSockets, against a real node."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import World, eventually, within

import hubwire
from hubwire.client.events import EventReader, ServerEvent
from hubwire.client.stream import Ways


async def test_a_client_without_websockets_sends_joins_and_is_sent_the_same(world: World) -> None:
    proxy = await world.proxy()
    ada, bob = await world.connected("ada", proxy=proxy, stream_after=0), await world.connected("bob")
    async with ada.channel(world.room) as here, bob.channel(world.room) as there:
        heard: list[Any] = []
        other: list[Any] = []
        here.on(lambda it: heard.append(it.payload))
        there.on(lambda it: other.append(it.payload))
        await within(asyncio.gather(*(here.send("n", n) for n in range(50))))
        await within(asyncio.gather(*(there.send("n", n) for n in range(50, 100))))
        await eventually(lambda: len(heard) == len(other) == 100)
        assert heard == other
        await eventually(lambda: len(here.presence) == 2 and dict(here.presence) == dict(there.presence))
    ack = await within(ada.send(f"user:{world.name('bob')}", "x", "é" * 20_000))
    assert (ack.sessions, proxy.sockets) == (1, 0)


async def test_a_client_that_is_cut_off_resumes_by_another_stream_once(world: World, api: hubwire.Server) -> None:
    proxy = await world.proxy()
    ada = await world.connected("ada", proxy=proxy, stream_after=0)
    heard: list[Any] = []
    gaps: list[hubwire.Gap] = []
    ada.inbox.on(lambda it: heard.append(it.payload))
    ada.on("gap", gaps.append)
    loop = asyncio.get_running_loop()
    for n in range(60):
        if n % 20 == 10:
            proxy.set("cut")
        await loop.run_in_executor(None, api.publish, f"user:{world.name('ada')}", "n", n)
    await eventually(lambda: len(heard) >= 60)
    assert (heard, gaps) == (list(range(60)), [])


async def test_where_websockets_are_blocked_a_stream_is_tried_and_kept_and_given_up_when_it_brings_nothing(
    world: World,
) -> None:
    proxy = await world.proxy()
    proxy.set("no_sockets")
    ada = await world.connected("ada", proxy=proxy, stream_after=2)
    assert proxy.sockets == 2
    proxy.set("cut")
    await within(ada.send(f"user:{world.name('bob')}", "x"))
    assert proxy.sockets == 2
    # streams receive nothing any more: sockets are tried again
    proxy.set("no_streams")
    proxy.set("cut")
    await within(ada.send(f"user:{world.name('bob')}", "x"))
    assert proxy.sockets == 3


async def test_a_refusal_has_its_verdict_and_a_closed_client_is_gone_at_once(world: World, api: hubwire.Server) -> None:
    wrong = world.hub("ada", stream_after=0, get_token=lambda _: "wrong")
    with pytest.raises(hubwire.HubError, match="bad_credentials"):
        await within(wrong.connect())
    ada = await world.connected("ada", stream_after=0)
    assert len(api.sessions(world.name("ada"))) == 1
    await ada.close()
    await eventually(lambda: api.sessions(world.name("ada")) == [])


async def test_a_stream_speaks_tls(world: World, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node_reader, node_writer = await asyncio.open_connection("127.0.0.1", world.rig.port)
        await asyncio.gather(pipe(reader, node_writer), pipe(node_reader, writer), return_exceptions=True)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(carry, "127.0.0.1", 0, ssl=context)
    url = f"wss://localhost:{server.sockets[0].getsockname()[1]}/ws"
    trusted = ssl.create_default_context(cafile=str(certificate))
    token = world.token("ada")
    async with hubwire.connect(url, get_token=token, stream_after=0, websocket={"ssl": trusted}) as ada:
        await within(ada.send(f"user:{world.name('bob')}", "x"))
    server.close()


def test_events_are_read_however_their_bytes_are_cut() -> None:
    text = 'event: session\ndata: {"a":1}\n\n:\n\ndata: one\ndata:two\n\nid: 7\ndata: ü\n\n'.encode()
    wanted = [ServerEvent("session", '{"a":1}'), ServerEvent("message", "one\ntwo"), ServerEvent("message", "ü")]
    for length in range(1, len(text) + 1):
        reader = EventReader()
        assert [it for at in range(0, len(text), length) for it in reader.feed(text[at : at + length])] == wanted


def test_what_worked_is_used_again_and_the_other_way_after_as_many_silent_ones() -> None:
    ways = Ways(2)
    assert [ways.next() for _ in range(6)] == [False, False, True, True, False, False]
    assert ways.next()
    ways.heard()
    assert [ways.next(), ways.next(), ways.next()] == [True, True, False]
    assert [Ways(0).next(), Ways(None).next()] == [True, False]
    with pytest.raises(hubwire.HubError, match="stream_after"):
        Ways(-1)
