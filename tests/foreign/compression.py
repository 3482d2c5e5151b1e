"""Receivers with and without permessage-deflate in one channel, as Python `websockets` sees it: the same actions reach all
of them, and the node compresses each once, not once per receiver.

usage: compression.py     (a node with one worker; URLs and secrets come from the environment, HUBWIRE_TEST_*)
"""

import asyncio
import json
import os
import re
import urllib.request

import msgpack
import websockets
from jobs import API, DEADLINE_S, URL, token

CHANNEL = "ch:acme/compressed"
RECEIVERS = 20
PAYLOAD = [{"line": n, "text": f"deliver {n} – ü"} for n in range(500)]


class Member:
    """One socket in the channel; counts the bytes that came for it."""

    @classmethod
    async def connect(cls, user, codec, compression):
        self = cls()
        self.msgpack = codec == "msgpack"
        headers = {"Authorization": f"Bearer {token(user, {'acme': {}})}"}
        self.socket = await websockets.connect(
            URL,
            subprotocols=[f"hubwire.v1.{codec}"],
            additional_headers=headers,
            compression=compression,
        )
        agreed = [extension.name for extension in self.socket.protocol.extensions]
        assert agreed == (["permessage-deflate"] if compression else []), agreed
        await self.next("@@hub/welcome")
        await self.send({"type": "@@hub/join", "meta": {"hub": {"to": CHANNEL, "id": "join"}}})
        await self.next("@@hub/joined")
        return self

    async def send(self, action, fragments=1):
        text = msgpack.packb(action) if self.msgpack else json.dumps(action)
        cut = -(-len(text) // fragments)
        pieces = [text[at : at + cut] for at in range(0, len(text), cut)]
        await self.socket.send(pieces if fragments > 1 else text)

    async def next(self, kind):
        while True:
            frame = await asyncio.wait_for(self.socket.recv(), DEADLINE_S)
            action = msgpack.unpackb(frame) if self.msgpack else json.loads(frame)
            if action["type"] == kind:
                return action


def compressed_bytes(form):
    with urllib.request.urlopen(f"{API}/metrics", timeout=DEADLINE_S) as page:
        line = rf'^hubwire_compression_bytes_total{{form="{form}"}} (\d+)$'
        return int(re.search(line, page.read().decode(), re.M).group(1))


async def main():
    deflate = [await Member.connect(f"d{n}", "json", "deflate") for n in range(RECEIVERS)]
    others = [
        await Member.connect("p1", "json", None),
        await Member.connect("m1", "msgpack", "deflate"),
        await Member.connect("m2", "msgpack", None),
    ]
    before = compressed_bytes("plain"), compressed_bytes("compressed")
    for sender in [*deflate[:1], *others]:
        action = {"type": "order/changed", "payload": PAYLOAD, "meta": {"hub": {"to": CHANNEL}}}
        await sender.send(action, fragments=3)
        for member in [*deflate, *others]:
            got = await member.next("order/changed")
            assert got["payload"] == PAYLOAD, got
    plain, small = compressed_bytes("plain") - before[0], compressed_bytes("compressed") - before[1]
    once = len(json.dumps(PAYLOAD))
    # four publications, each in two codecs: eight times, whatever the number of receivers
    assert plain < 9 * once, (plain, once)
    assert small * 3 < plain, (small, plain)
    print(f"compressed {plain} bytes to {small}: all receivers agree")
    await asyncio.gather(*(member.socket.close() for member in [*deflate, *others]))


asyncio.run(main())
