"""The official Python client follows a channel and says each thing it hears on a line of its own, until it is ended.
Arguments: json or protobuf, the address, the channel, and `deltas` where it wants them."""

import asyncio
import json
import os
import sys

import centrifuge

FORMAT, URL, CHANNEL, *REST = sys.argv[1:]
DELTA = centrifuge.DeltaType.FOSSIL if REST == ["deltas"] else None


def say(text):
    print(text, flush=True)


class Said(centrifuge.SubscriptionEventHandler):
    async def on_subscribing(self, ctx):
        say(f"subscribing {ctx.code}")

    async def on_subscribed(self, ctx):
        say(f"subscribed recovered={str(ctx.recovered).lower()}" if ctx.was_recovering else "subscribed anew")

    async def on_publication(self, ctx):
        data = json.loads(ctx.pub.data) if FORMAT == "protobuf" else ctx.pub.data
        say(f"heard {json.dumps(data)}")


async def main():
    token = os.environ["CENTRIFUGE_TEST_TOKEN"]
    delays = {"min_reconnect_delay": 0.05, "max_reconnect_delay": 0.3}
    client = centrifuge.Client(URL, token=token, use_protobuf=FORMAT == "protobuf", **delays)
    delays = {"min_resubscribe_delay": 0.05, "max_resubscribe_delay": 0.3}
    subscription = client.new_subscription(CHANNEL, Said(), delta=DELTA, **delays)
    await subscription.subscribe()
    await client.connect()
    await asyncio.Event().wait()


asyncio.run(main())
