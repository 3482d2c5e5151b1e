"""The official Python client follows a channel and says each thing it hears on a line of its own, until it is ended.
Arguments: the address, the channel."""

import asyncio
import json
import os
import sys

import centrifuge


def say(text):
    print(text, flush=True)


class Connection(centrifuge.ClientEventHandler):
    async def on_connecting(self, ctx):
        say(f"connecting {ctx.code} {ctx.reason}")

    async def on_disconnected(self, ctx):
        say(f"disconnected {ctx.code}")


class Subscription(centrifuge.SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        say(f"subscribed recovered={str(ctx.recovered).lower()}" if ctx.was_recovering else "subscribed anew")

    async def on_publication(self, ctx):
        say(f"heard {json.dumps(ctx.pub.data)}")


async def main(url, channel):
    delays = {"min_reconnect_delay": 0.05, "max_reconnect_delay": 0.3}
    client = centrifuge.Client(url, token=os.environ["CENTRIFUGE_TEST_TOKEN"], events=Connection(), **delays)
    await client.connect()
    await client.new_subscription(channel, Subscription()).subscribe()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
