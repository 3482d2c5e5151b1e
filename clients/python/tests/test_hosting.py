"""Features beyond messages, against a real node."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from conftest import World, eventually, within
from runner import tokens

import hubwire

ADMIN = {"roles": ["admin"]}


@pytest.fixture
def world(hosted_world: World) -> World:
    """On a node with all features enabled."""
    return hosted_world


def payloads(channel: hubwire.Channel) -> list[Any]:
    """The events that its handlers received."""
    seen: list[Any] = []
    channel.on(lambda it: seen.append(it.payload))
    return seen


async def test_a_channel_begins_with_its_recent_publications_once(world: World) -> None:
    room = f"ch:{world.org}/open/recent"
    writer = await world.connected("ada")
    for n in range(5):
        await writer.send(room, "n", n)
    proxy = await world.proxy()
    reader = await world.connected("bob", proxy=proxy)
    channel = reader.channel(room, recent=3)
    heard = payloads(channel)
    await within(channel.join())
    assert heard == [2, 3, 4]
    proxy.set("refuse")
    await eventually(lambda: reader.state != "connected")
    await writer.send(room, "n", 5)
    proxy.set("pass")
    await eventually(lambda: len(heard) > 3)
    await writer.send(room, "n", 6)
    await eventually(lambda: len(heard) > 4)
    assert heard == [2, 3, 4, 5, 6]


async def test_a_channel_begins_with_its_snapshot_and_with_a_new_one_after_a_gap(world: World) -> None:
    room = f"ch:{world.org}/open/snapshot"
    writer = await world.connected("ada", claims=ADMIN)
    async with writer.channel(room) as own:
        for n in (1, 2, 3):
            await own.send("n", n)
            await within(own.__anext__())
        await own.store_snapshot({"sum": 6}, (await own.send("n", 0)).pos)
        await own.send("n", 4)
        proxy = await world.proxy()
        reader = await world.connected("bob", proxy=proxy)
        async with reader.channel(room, snapshot=True) as channel:
            assert channel.snapshot is not None
            total: list[int] = []
            causes: list[str] = []

            async def follow() -> None:
                async for event in channel:
                    if isinstance(event, hubwire.Snapshot):
                        total.append(event.payload["sum"])
                    elif isinstance(event, hubwire.Publication):
                        total[-1] += event.payload
                    elif isinstance(event, hubwire.Gap):
                        causes.append(event.cause)

            following = asyncio.ensure_future(follow())
            await eventually(lambda: total == [10])
            proxy.set("refuse")
            await eventually(lambda: reader.state != "connected")
            last = [await own.send("n", 1) for _ in range(40)][-1]  # more than the log keeps
            await own.store_snapshot({"sum": 50}, last.pos)
            await own.send("n", 100)
            proxy.set("pass")
            await eventually(lambda: total == [10, 150])
            assert causes == ["not_recovered"]
            following.cancel()
        async with reader.channel(f"ch:{world.org}/open/nothing", snapshot=True) as empty:
            assert empty.snapshot is None


async def test_who_is_kicked_leaves_and_who_is_invited_hears_it_once(world: World) -> None:
    room = f"ch:{world.org}/open/hosted"
    host, member = await world.connected("ada", claims=ADMIN), await world.connected("bob")
    errors: list[hubwire.HubError] = []
    member.on("error", errors.append)
    channel = member.channel(room)
    await within(channel.join())
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(channel.kick(world.name("ada")))
    assert await within(host.channel(room).kick(world.name("bob"))) == 1
    await eventually(lambda: [(it.code, it.message) for it in errors] == [("forbidden", f"{room}: taken out: kicked")])
    host_room = host.channel(room)
    await within(host_room.join())
    await eventually(lambda: dict(host_room.presence) == {world.name("ada"): 1})
    assert await within(host.count(room)) == 1

    carol = world.name("carol")
    pos = await within(host.channel(room).invite(carol))
    invited: list[hubwire.Invited] = []
    proxy = await world.proxy()
    away = world.hub("carol", proxy=proxy, start=hubwire.Start(user="beginning"))
    away.on("invited", invited.append)
    await away.connect()
    await eventually(lambda: invited)
    proxy.set("refuse")
    await eventually(lambda: away.state != "connected")
    seen: list[str] = []
    away.on_action("after", lambda it: seen.append(it.type))
    await host.send(f"user:{carol}", "after")
    proxy.set("pass")
    await eventually(lambda: seen)
    assert [(it.channel, it.sender, it.pos) for it in invited] == [(room, world.name("ada"), pos)]


async def test_a_send_leaves_users_out_or_is_for_some_sessions(world: World) -> None:
    room = f"ch:{world.org}/open/some"
    writer = await world.connected("ada")
    bob, mobile = await world.connected("bob"), await world.connected("carol", device_class="mobile")
    async with bob.channel(room) as here, mobile.channel(room) as there:
        heard, left = payloads(here), payloads(there)
        await writer.send(room, "x", "not for carol", except_=[world.name("carol")])
        assert writer.ephemeral(room, "x", "nor this", except_=[world.name("carol")])
        await writer.send(room, "x", "for all")
        await eventually(lambda: len(heard) == 3 and left == ["for all"])
    desk = await world.connected("carol")
    on_mobile: list[Any] = []
    on_desk: list[Any] = []
    mobile.inbox.on(lambda it: on_mobile.append(it.payload))
    desk.inbox.on(lambda it: on_desk.append(it.payload))
    await writer.send(f"user:{world.name('carol')}", "x", 1, select={"device_class": "mobile"})
    await writer.send(f"user:{world.name('carol')}", "x", 2)
    await eventually(lambda: (on_mobile, on_desk) == ([1, 2], [2]))


async def test_a_profile_is_shown_to_whoever_is_in_a_channel_with_the_user(world: World) -> None:
    room = f"ch:{world.org}/open/profiles"
    ada, bob = await world.connected("ada"), await world.connected("bob")
    name = world.name("ada")
    await within(ada.set_profile("Ada L.", {"avatar": "a.png"}))
    async with ada.channel(room), bob.channel(room) as channel:
        await eventually(lambda: channel.presence.profile(name) == hubwire.Profile("Ada L.", {"avatar": "a.png"}))
        await within(ada.set_profile("Ada"))
        await eventually(lambda: channel.presence.profile(name) == hubwire.Profile("Ada"))
        assert dict(channel.presence) == {name: 1, world.name("bob"): 1}


async def test_a_channel_is_joined_with_a_token_and_with_another_when_it_ended(world: World) -> None:
    room = f"ch:{world.org}/closed/room"
    proxy = await world.proxy()
    ada = await world.connected("ada", proxy=proxy)
    asked: list[int] = []

    async def token() -> str:
        asked.append(1)
        lasts = 2 if len(asked) == 1 else 3_600
        claims = {"sub": world.name("ada"), "address": room, "exp": int(time.time()) + lasts}
        return tokens.sign({**claims, "can": ["join", "read", "presence"]})

    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(ada.channel(room).join())
    with pytest.raises(hubwire.HubError, match="bad_credentials"):
        await within(ada.channel(room, token=tokens.sign({"sub": "x", "address": room, "exp": 2**33})).join())
    async with ada.channel(room, token=token) as channel:
        await eventually(lambda: len(asked) == 2 and world.name("ada") in channel.presence)
        proxy.set("cut")
        await eventually(lambda: len(asked) >= 3 and not channel.presence.stale)


async def test_who_is_in_an_organisation_is_watched_over_a_reconnect(world: World) -> None:
    proxy = await world.proxy()
    ada, bob = await world.connected("ada", proxy=proxy), await world.connected("bob")
    watch, twin = ada.watch_org(world.org), ada.watch_org(world.org)
    names = [world.name(it) for it in ("ada", "bob", "carol")]
    await eventually(lambda: sorted(watch.members) == names[:2] and not twin.stale)
    carol = await world.connected("carol")
    await eventually(lambda: sorted(watch.members) == names)
    twin.close()
    proxy.set("refuse")
    await eventually(lambda: watch.stale)
    await bob.close()
    await carol.close()
    proxy.set("pass")
    await eventually(lambda: not watch.stale and sorted(watch.members) == names[:1])
    assert sorted(await within(ada.members(f"org:{world.org}"))) == names[:1]
    assert (watch.count, await within(ada.count(f"org:{world.org}"))) == (1, 1)
    watch.close()
    errors: list[hubwire.HubError] = []
    ada.on("error", errors.append)
    elsewhere = ada.watch_org("elsewhere")
    await eventually(lambda: [it.code for it in errors] == ["forbidden"])
    elsewhere.close()
