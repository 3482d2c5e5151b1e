"""The official Python client, unmodified, against a node: each job asserts by itself. Arguments: json or protobuf."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import time

import centrifuge

PROTOBUF = sys.argv[1:] == ["protobuf"]
URLS = os.environ["CENTRIFUGE_TEST_URLS"].split(",")
SECRET = os.environ["CENTRIFUGE_TEST_SECRET"].encode()


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"exp": int(time.time()) + 60, **claims})
    digest = hmac.new(SECRET, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def write(value):
    return json.dumps(value).encode() if PROTOBUF else value


def read(data):
    return json.loads(data) if PROTOBUF else data


class Heard(centrifuge.SubscriptionEventHandler):
    """Collects what a subscription hears."""

    def __init__(self):
        self.begun, self.data = [], []

    async def on_subscribed(self, ctx):
        self.begun.append(ctx)

    async def on_publication(self, ctx):
        self.data.append(read(ctx.pub.data))


async def eventually(check, what):
    until = time.monotonic() + 10
    while not check():
        assert time.monotonic() < until, what
        await asyncio.sleep(0.01)


async def client(user, node=0):
    made = centrifuge.Client(
        URLS[node % len(URLS)], token=token(sub=user), use_protobuf=PROTOBUF, min_reconnect_delay=0.02
    )
    await made.connect()
    await made.ready(timeout=10)
    return made


async def subscribe(made, channel):
    heard = Heard()
    subscription = made.new_subscription(channel, heard)
    await subscription.subscribe()
    await subscription.ready(timeout=10)
    return subscription, heard


async def exchange(channel):
    one, two = await client("u1"), await client("u2", 1)
    first, heard = await subscribe(one, channel)
    second, _ = await subscribe(two, channel)
    await first.publish(write({"n": 0}))
    await second.publish(write({"n": 1}))
    await eventually(lambda: heard.data == [{"n": 0}, {"n": 1}], f"both: {heard.data}")
    present = await first.presence()
    assert sorted(info.user for info in present.clients.values()) == ["u1", "u2"], present
    stats = await first.presence_stats()
    assert (stats.num_clients, stats.num_users) == (2, 2), stats
    page = await first.history(limit=10)
    assert [read(pub.data)["n"] for pub in page.publications] == [0, 1], page

    # its epoch is the one of the first answer: an anchor, from which the entry at a later offset is found
    await one.disconnect()
    for n in range(2, 22):
        await second.publish(write({"n": n}))
    await one.connect()
    await eventually(lambda: len(heard.data) == 22, f"what was missed: {heard.data}")
    assert [it["n"] for it in heard.data] == list(range(22)), heard.data
    assert (heard.begun[1].was_recovering, heard.begun[1].recovered) == (True, True), heard.begun
    await one.disconnect()
    await two.disconnect()


async def refuse(channel):
    made = await client("u1")
    for name, code in [(channel.replace("chat:", "closed:"), 103), ("nowhere:room", 102)]:
        subscription = made.new_subscription(name, Heard())
        over = asyncio.get_running_loop().create_future()

        async def on_unsubscribed(ctx, over=over):
            over.set_result(ctx.code)

        subscription.events.on_unsubscribed = on_unsubscribed
        await subscription.subscribe()
        assert await asyncio.wait_for(over, 10) == code, name
    await made.disconnect()


async def main():
    channel = f"chat:python-{sys.argv[1]}"
    await exchange(channel)
    await refuse(channel)
    print("all jobs done")


if __name__ == "__main__":
    asyncio.run(main())
