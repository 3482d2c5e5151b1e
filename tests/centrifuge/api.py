"""The official Python library of the server API, unmodified, against a node, with clients of the official Python client
on two nodes, and whoever else is in the channel."""

import asyncio
import os

import cent

import jobs

API = os.environ["CENTRIFUGE_TEST_API"]
KEY = os.environ["CENTRIFUGE_TEST_API_KEY"]


class Watcher(jobs.centrifuge.ClientEventHandler):
    """Collects how a connection ends, and what the server subscribes it to."""

    def __init__(self):
        self.ended, self.subscribed, self.unsubscribed = [], [], []

    async def on_connecting(self, ctx):
        self.ended.append(ctx.code)

    async def on_disconnected(self, ctx):
        self.ended.append(ctx.code)

    async def on_subscribed(self, ctx):
        self.subscribed.append(ctx.channel)

    async def on_unsubscribed(self, ctx):
        self.unsubscribed.append(ctx.channel)


async def watched(user, node):
    watcher = Watcher()
    client = jobs.centrifuge.Client(
        jobs.URLS[node], token=jobs.token(sub=user), events=watcher, min_reconnect_delay=0.02
    )
    await client.connect()
    await client.ready()
    return client, watcher


async def publishes(api):
    heard = []
    for node in range(2):
        client, _ = await watched(f"p{node}", node)
        subscription = client.new_subscription("chat:api", jobs.Heard())
        await subscription.subscribe()
        await subscription.ready()
        heard.append(subscription.events.data)
    published = await api.publish(cent.PublishRequest(channel="chat:api", data={"n": 1}))
    assert published.offset > 0 and published.epoch, published
    wide = await api.broadcast(cent.BroadcastRequest(channels=["chat:api", "chat:other"], data={"n": 2}))
    assert [it.error for it in wide.responses] == [None, None], wide
    both = cent.BatchRequest(
        requests=[
            cent.PublishRequest(channel="chat:api", data={"n": 3}),
            cent.PresenceStatsRequest(channel="chat:api"),
        ]
    )
    replies = (await api.batch(both)).replies
    # both clients of here, and one of hubwire's own
    assert replies[1].num_clients == 3 and replies[1].num_users == 3, replies
    for of_client in heard:
        await jobs.eventually(lambda: of_client == [{"n": 1}, {"n": 2}, {"n": 3}], of_client)
    since = cent.StreamPosition(offset=published.offset, epoch=published.epoch)
    page = await api.history(cent.HistoryRequest(channel="chat:api", limit=10, since=since))
    assert [it.data for it in page.publications] == [{"n": 2}, {"n": 3}], page
    presence = (await api.presence(cent.PresenceRequest(channel="chat:api"))).presence
    assert {info.user for info in presence.values()} == {"p0", "p1", "own"}, presence
    assert all(client == info.client for client, info in presence.items()), presence
    channels = (await api.channels(cent.ChannelsRequest(pattern="chat:ap*"))).channels
    assert {name: it.num_clients for name, it in channels.items()} == {"chat:api": 3}, channels
    nodes = (await api.info(cent.InfoRequest())).nodes
    assert len(nodes) == 3 and sum(node.num_clients for node in nodes) == 3, nodes
    await api.history_remove(cent.HistoryRemoveRequest(channel="chat:api"))
    page = await api.history(cent.HistoryRequest(channel="chat:api", limit=10))
    assert page.publications == [] and page.offset > 0, page


async def places(api):
    """On the node that is not asked: the server subscribes one connection of two, and takes it out."""
    chosen, watcher = await watched("placed", 1)
    _, other = await watched("placed", 0)
    found = (await api.presence(cent.PresenceRequest(channel="chat:placed"))).presence
    assert found == {}, found
    await api.subscribe(cent.SubscribeRequest(user="placed", channel="chat:placed"))
    await jobs.eventually(lambda: watcher.subscribed == ["#placed", "chat:placed"], watcher.subscribed)
    await jobs.eventually(lambda: other.subscribed == ["#placed", "chat:placed"], other.subscribed)
    clients = (await api.presence(cent.PresenceRequest(channel="chat:placed"))).presence
    assert len(clients) == 2, clients
    one = next(client for client in clients)
    await api.unsubscribe(cent.UnsubscribeRequest(user="placed", channel="chat:placed", client=one))
    await jobs.eventually(lambda: len(watcher.unsubscribed + other.unsubscribed) == 1, "one is taken out")
    left = (await api.presence(cent.PresenceRequest(channel="chat:placed"))).presence
    assert set(left) == set(clients) - {one}, left
    await chosen.disconnect()


async def disconnects(api):
    kept, of_kept = await watched("ended", 0)
    _, of_ended = await watched("ended", 1)
    await api.subscribe(cent.SubscribeRequest(user="ended", channel="chat:ended"))
    while len((await api.presence(cent.PresenceRequest(channel="chat:ended"))).presence) != 2:
        await asyncio.sleep(0.01)
    subscribed = kept.new_subscription("chat:who", jobs.Heard())
    await subscribed.subscribe()
    await subscribed.ready()
    (whitelisted,) = (await api.presence(cent.PresenceRequest(channel="chat:who"))).presence
    await api.disconnect(cent.DisconnectRequest(user="ended", whitelist=[whitelisted]))
    await jobs.eventually(lambda: 3503 in of_ended.ended, of_ended.ended)
    assert of_kept.ended == [0], of_kept.ended
    # a code that has clients come back does, and is told as it is
    await api.disconnect(cent.DisconnectRequest(user="ended", disconnect=cent.Disconnect(code=4007, reason="later")))
    await jobs.eventually(lambda: of_kept.ended == [0, 4007], of_kept.ended)
    await kept.ready()
    await api.refresh(cent.RefreshRequest(user="ended", expired=True))
    await jobs.eventually(lambda: len(of_kept.ended) == 3, of_kept.ended)
    await kept.ready()


async def refuses(api):
    for request, code in [
        (cent.PublishRequest(channel="acme:index", data=1), 102),
        (cent.PublishRequest(channel="chat:api", data=1, version=1), 108),
        (cent.SubscribeRequest(user="u", channel="chat:api", info={"seat": 1}), 108),
        (cent.RefreshRequest(user="u", expire_at=1), 108),
        (cent.DisconnectRequest(user="u", disconnect=cent.Disconnect(code=1000, reason="no")), 107),
        (cent.HistoryRequest(channel="chat:api", limit=1, since=cent.StreamPosition(offset=1, epoch="x")), 112),
    ]:
        try:
            await api._send(request)
            raise AssertionError(request)
        except cent.CentApiResponseError as error:
            assert error.code == code, (request, error)
    async with cent.AsyncClient(API, "no key of this node, but long enough to be one") as stranger:
        try:
            await stranger.info(cent.InfoRequest())
            raise AssertionError("a stranger is let in")
        except cent.CentUnauthorizedError:
            pass


async def main():
    async with cent.AsyncClient(API, KEY) as api:
        for job in [publishes, places, disconnects, refuses]:
            print(job.__name__, flush=True)
            await asyncio.wait_for(job(api), 60)
    print("all jobs done")


asyncio.run(main())
