"""The client against a real node, over a link that fails on command."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from conftest import World, eventually, within
from runner import tokens

import hubwire
from hubwire.client.router import BUFFER_MAX


async def test_a_direct_message_arrives_and_is_acknowledged(world: World) -> None:
    bob = world.hub("bob")
    async with bob.inbox as inbox:
        await bob.connect()
        ada = await world.connected("ada")
        ack = await ada.send(f"user:{world.name('bob')}", "chat/whisper", {"text": "hi"}, meta={"trace": "t"})
        assert ack.sessions == 1
        got = await within(inbox.__anext__())
    assert isinstance(got, hubwire.Publication)
    assert (got.type, got.payload, got.sender) == ("chat/whisper", {"text": "hi"}, world.name("ada"))
    assert (got.pos, got.meta) == (ack.pos, {"trace": "t"})


async def test_what_waits_for_a_new_client_comes_to_the_first_iteration(world: World, api: hubwire.Server) -> None:
    for n in range(20):
        api.publish(f"user:{world.name('bob')}", "n", n)
    got = []
    start = hubwire.Start(user="beginning")
    async with world.hub("bob", start=start) as bob:
        async for event in bob.inbox:
            if isinstance(event, hubwire.Publication):
                got.append(event.payload)
            if len(got) == 20:
                break
    assert got == list(range(20))


async def test_a_device_goes_on_where_it_stopped(world: World, api: hubwire.Server) -> None:
    to = f"user:{world.name('bob')}"
    api.publish(to, "n", 1)
    async with world.hub("bob", device="phone", start=hubwire.Start(user="beginning")) as bob:
        seen: list[Any] = []
        bob.on("action", lambda it: seen.append(it.payload))
        await eventually(lambda: seen == [1])
    api.publish(to, "n", 2)
    async with world.hub("bob", device="phone") as again:
        later: list[Any] = []
        again.on("action", lambda it: later.append(it.payload))
        await eventually(lambda: later == [2])


async def test_a_channel_gives_publications_and_who_comes_and_goes(world: World) -> None:
    ada, bob = await world.connected("ada"), await world.connected("bob")
    async with ada.channel(world.room) as channel:
        await eventually(lambda: dict(channel.presence) == {world.name("ada"): 1})
        async with bob.channel(world.room) as other:
            await other.send("say", 1)
            await eventually(lambda: world.name("bob") in channel.presence)
        events = []
        async for event in channel:
            events.append(event)
            if isinstance(event, hubwire.Left):
                break
    kinds = [type(event).__name__ for event in events if getattr(event, "users", ()) != (world.name("ada"),)]
    assert sorted(kinds) == ["Joined", "Left", "Publication"]


async def test_what_a_user_shows_is_seen_by_others_outlives_a_reconnect_and_ends(world: World) -> None:
    proxy = await world.proxy()
    ada, bob = await world.connected("ada", proxy=proxy), await world.connected("bob")
    name = world.name("ada")
    async with ada.channel(world.room) as mine, bob.channel(world.room) as other:
        mine.set_state({"line": 1})
        await eventually(lambda: other.presence.state(name) == {"line": 1})
        proxy.set("refuse")
        await eventually(lambda: ada.state != "connected")
        mine.set_state({"line": 2})
        proxy.set("pass")
        await eventually(lambda: other.presence.state(name) == {"line": 2})
        await eventually(lambda: mine.presence.state(name) == {"line": 2})
        mine.set_state(None)
        await eventually(lambda: name in other.presence and other.presence.state(name) is None)


async def test_the_members_of_a_channel_come_with_the_answer_to_the_join(world: World) -> None:
    proxy = await world.proxy()
    ada = await world.connected("ada", proxy=proxy)
    async with ada.channel(world.room) as channel:
        # the answer to the join has the list: there was no other request
        assert dict(channel.presence) == {world.name("ada"): 1}
        assert not channel.presence.stale


async def test_handles_of_one_channel_share_a_membership_and_the_last_one_leaves(
    world: World, api: hubwire.Server
) -> None:
    ada = await world.connected("ada")
    first, second = ada.channel(world.room), ada.channel(world.room)
    await first.join()
    await second.join()
    first.leave()
    await ada.send(world.room, "say", 1)
    assert api.presence(channel=world.room) == {world.name("ada"): 1}
    second.leave()
    await eventually(lambda: api.presence(channel=world.room) == {})


async def test_a_view_replaces_the_one_before(world: World, api: hubwire.Server) -> None:
    ada = await world.connected("ada")
    one, two = f"ch:{world.org}/one", f"ch:{world.org}/two"
    first = ada.view(one)
    assert first is not None
    await first.join()
    second = ada.view(two)
    assert second is not None
    await within(second.join())
    await eventually(lambda: api.presence(channel=one) == {})
    assert api.presence(channel=two) == {world.name("ada"): 1}
    ada.view(None)
    await eventually(lambda: api.presence(channel=two) == {})


async def test_a_channel_that_is_forbidden_raises(world: World) -> None:
    ada = await world.connected("ada")
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(ada.channel("ch:elsewhere/room").join())
    with pytest.raises(hubwire.HubError, match="bad_address"):
        ada.channel("org:acme")


async def test_handlers_are_called_and_one_that_raises_stops_nobody(world: World) -> None:
    ada = await world.connected("ada")
    errors: list[hubwire.HubError] = []
    seen: list[Any] = []

    def raises(_: Any) -> None:
        raise RuntimeError("no")

    async def later(publication: hubwire.Publication) -> None:
        await asyncio.sleep(0)
        seen.append(publication.payload)

    channel = ada.channel(world.room)
    ada.on("error", errors.append)
    ada.on("action", raises)
    ada.on_action("say", later)
    off = channel.on(lambda it: seen.append(f"channel {it.payload}"))
    await channel.join()
    await channel.send("say", 1)
    await eventually(lambda: sorted(map(str, seen)) == ["1", "channel 1"])
    off()
    await channel.send("say", 2)
    await eventually(lambda: 2 in seen)
    assert "channel 2" not in seen
    assert {error.code for error in errors} == {"handler_failed"}
    assert isinstance(errors[0].__cause__, RuntimeError)


async def test_an_iterator_that_is_full_stops_the_reader_and_everything_arrives_in_order(
    world: World, api: hubwire.Server
) -> None:
    wanted = 3 * BUFFER_MAX
    ada = await world.connected("ada")
    async with ada.channel(world.room, presence=False) as channel:
        api.publish(world.room, "n", 0)
        assert (await within(channel.__anext__())).payload == 0
        items = [{"to": world.room, "type": "n", "payload": n} for n in range(1, wanted)]
        assert all(isinstance(it, hubwire.Published) for it in api.publish_many(items))
        buffer = channel._open()
        await eventually(lambda: buffer.full)
        got = [0]
        async for event in channel:
            if isinstance(event, hubwire.Gap):
                break
            if isinstance(event, hubwire.Publication):
                got.append(event.payload)
            if len(got) == wanted:
                break
            assert len(buffer._events) <= BUFFER_MAX + 64
    assert got == list(range(len(got)))
    # the log keeps 1,000: the node announces a gap for publications that it could not keep for such a slow reader, and
    # nothing else is missing
    assert len(got) == wanted or isinstance(event, hubwire.Gap)


async def test_who_sends_from_within_a_full_iteration_is_answered(world: World, api: hubwire.Server) -> None:
    ada = await world.connected("ada")
    async with ada.channel(world.room, presence=False) as channel:
        await channel.send("n", 0)
        await within(channel.__anext__())
        api.publish_many([{"to": world.room, "type": "n", "payload": n} for n in range(BUFFER_MAX)])
        await eventually(lambda: channel._open().full)
        assert (await within(ada.send(f"user:{world.name('bob')}", "n", 1))).pos


async def test_it_reconnects_and_resumes_every_stream_by_itself(world: World, api: hubwire.Server) -> None:
    proxy = await world.proxy()
    ada = world.hub("ada", proxy=proxy)
    seen: list[Any] = []
    states: list[str] = []
    ada.on("action", lambda it: seen.append(it.payload))
    ada.on("state", lambda it: states.append(it.state))
    await ada.connect()
    await ada.channel(world.room).join()
    proxy.set("refuse")
    await eventually(lambda: ada.state == "reconnecting")
    sent = ada.send(world.room, "say", "offline")
    for n, to in enumerate([world.room, f"user:{world.name('ada')}", f"org:{world.org}"]):
        api.publish(to, "n", n)
    proxy.set("pass")
    await eventually(lambda: len(seen) == 4 and ada.synced)
    assert (await within(sent)).attempts == 1
    assert set(seen) == {0, 1, 2, "offline"}
    assert states[:2] == ["connecting", "connected"]


async def test_lost_is_told_after_a_while_and_restored_when_it_is_back(world: World) -> None:
    proxy = await world.proxy()
    ada = world.hub("ada", proxy=proxy, lost_after=1.5)
    told: list[str] = []
    for event in ("lost", "restored"):
        ada.on(event, functools.partial(lambda event, _: told.append(event), event))
    await ada.connect()
    session = ada.session
    proxy.set("cut")
    await eventually(lambda: ada.state == "connected" and ada.session != session)
    assert told == []
    proxy.set("refuse")
    await eventually(lambda: told == ["lost"])
    proxy.set("pass")
    await eventually(lambda: told == ["lost", "restored"])


async def test_a_publication_is_found_by_its_id_and_its_sender(world: World) -> None:
    ada, bob = await world.connected("ada"), await world.connected("bob")
    channel = bob.channel(world.room)
    sent = ada.send(world.room, "n", 1)
    ack = await within(sent)
    await within(ada.send(world.room, "n", 2))
    found = await within(channel.find(sent.id, sender=world.name("ada")))
    assert (found.payload, found.pos, found.id) == (1, ack.pos, sent.id)
    assert await within(channel.find(sent.id, sender=world.name("bob"))) is None
    assert await within(channel.find("nobody used it")) is None
    await within(ada.send(f"user:{world.name('bob')}", "n", 3, id="a direct one"))
    assert (await within(bob.inbox.find("a direct one"))).payload == 3
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(bob.org("elsewhere").find("x"))


async def test_history_is_paged_from_the_newest(world: World, api: hubwire.Server) -> None:
    api.publish_many([{"to": world.room, "type": "n", "payload": n} for n in range(25)])
    ada = await world.connected("ada")
    pages = [[it.payload for it in page] async for page in ada.channel(world.room).history(limit=10)]
    assert pages == [list(range(15, 25)), list(range(5, 15)), list(range(5))]
    with pytest.raises(ValueError, match="before or after"):
        ada.channel(world.room).history("1-1", after="1-1")


async def test_memberships_change_with_a_refresh_and_streams_with_them(world: World, api: hubwire.Server) -> None:
    beta = world.name("beta")
    orgs = [world.org]
    claims = {"token_s": 2}

    def token(_: hubwire.AuthContext) -> str:
        return str(tokens.token({"user": world.name("ada"), "orgs": list(orgs), **claims}))

    ada = world.hub("ada", get_token=token)
    states: list[str] = []
    seen: list[Any] = []
    ada.on("state", lambda it: states.append(it.state))
    ada.on("action", lambda it: seen.append(it.payload))
    await ada.connect()
    assert set(ada.memberships) == {world.org}
    channel = ada.channel(world.room)
    await channel.join()
    orgs[:] = [beta]
    claims["token_s"] = 3600
    await eventually(lambda: set(ada.orgs) == {beta}, 15)
    api.publish(f"org:{world.org}", "n", "lost")
    api.publish(f"org:{beta}", "n", "gained")
    await eventually(lambda: seen == ["gained"])
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(channel.join())
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(channel.join())  # and again: the handle does not mistake the old answer for the new one
    assert states == ["connecting", "connected"]


async def test_a_correspondence_has_both_sides(world: World) -> None:
    ada, tab, bob = await world.connected("ada"), await world.connected("ada"), await world.connected("bob")
    eve = await world.connected("eve")
    async with tab.direct(world.name("bob")) as direct:
        assert await direct.presence() == 1
        await eve.send(f"user:{world.name('ada')}", "say", "from eve")
        await ada.send(f"user:{world.name('bob')}", "say", "from ada")
        await bob.send(f"user:{world.name('ada')}", "say", "from bob")
        got = [await within(direct.__anext__()) for _ in range(2)]
    assert [it.payload for it in got if isinstance(it, hubwire.Publication)] == ["from ada", "from bob"]


async def test_a_batch_tells_what_became_of_each(world: World) -> None:
    ada = await world.connected("ada")
    results = await ada.batch([(world.room, "a", 1), (f"org:{world.org}", "b"), ("nonsense", "c"), (world.room, "d")])
    assert [getattr(it, "code", "ok") for it in results] == ["ok", "forbidden", "bad_address", "ok"]


async def test_what_is_awaited_together_is_not_told_as_unheard(world: World) -> None:
    ada = await world.connected("ada")
    errors: list[hubwire.HubError] = []
    ada.on("error", errors.append)
    results = await ada.batch([(world.room, "a"), ("nonsense", "b")])
    assert isinstance(results[1], hubwire.HubError)
    ada.send("nonsense", "unheard")
    await eventually(lambda: [error.id for error in errors] and errors[0].id != results[1].id)
    assert len(errors) == 1


async def test_one_can_send_to_ones_other_sessions(world: World) -> None:
    tab = world.hub("ada")
    with pytest.raises(hubwire.HubError, match="not_connected"):
        await tab.inbox.send("n")
    async with tab.inbox as inbox:
        await tab.connect()
        ada = await world.connected("ada")
        await ada.inbox.send("n", 1)
        assert (await within(inbox.__anext__())).payload == 1


async def test_a_long_batch_goes_in_several_frames_in_its_order(world: World) -> None:
    ada = await world.connected("ada")
    results = await ada.batch([(world.room, "n", n) for n in range(300)])
    assert all(isinstance(it, hubwire.Ack) for it in results)
    got = [it.payload async for page in ada.channel(world.room).history() for it in reversed(page)]
    assert got == list(range(299, -1, -1))


async def test_failed_is_raised_to_all_who_wait(world: World) -> None:
    ada = world.hub("ada", get_token=world.token("ada"))
    await ada.connect()
    async with ada.channel(world.room, presence=False) as channel:
        waiting = asyncio.ensure_future(channel.__anext__())
        world.rig.call(f"/v1/users/{world.name('ada')}/disconnect", {"code": 4403})
        with pytest.raises(hubwire.HubError, match="forbidden"):
            await within(waiting)
    assert ada.state == "failed"
    with pytest.raises(hubwire.HubError, match="failed"):
        await ada.send(world.room, "say", 1)
    with pytest.raises(hubwire.HubError):
        await ada.connect()


async def test_a_provider_that_refuses_ends_the_client(world: World) -> None:
    def refuse(_: hubwire.AuthContext) -> str:
        raise hubwire.Unauthorized("signed out")

    ada = world.hub("ada", get_token=refuse)
    with pytest.raises(hubwire.HubError, match="signed out"):
        await within(ada.connect())


async def test_an_error_that_nobody_handles_is_in_the_log_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: hubwire.AuthContext) -> str:
        raise LookupError("no such user")

    for handled in (False, True):
        caplog.clear()
        hub = hubwire.connect("ws://127.0.0.1:9/ws", get_token=broken, reconnect=hubwire.Reconnect(attempts=1))
        if handled:
            hub.on("error", lambda _: None)
        with pytest.raises(hubwire.HubError, match="attempts"):
            await within(hub.connect())
        await hub.close()
        assert ("no such user" in caplog.text) is not handled


async def test_as_many_attempts_as_allowed_then_it_fails(world: World) -> None:
    reconnect = hubwire.Reconnect(base=0.01, cap=0.02, attempts=3)
    hub = hubwire.connect("ws://127.0.0.1:9/ws", get_token=lambda _: "t", reconnect=reconnect)
    with pytest.raises(hubwire.HubError, match="attempts"):
        await within(hub.connect())
    await hub.close()


async def test_close_ends_every_task_and_rejects_what_is_left(world: World) -> None:
    hub = world.hub("ada", get_token=world.token("ada"))
    queued = hub.send(world.room, "say", 1)
    await hub.close()
    with pytest.raises(hubwire.HubError, match="closed"):
        await queued
    assert hub.state == "closed"
    with pytest.raises(hubwire.HubError, match="closed"):
        await hub.connect()


async def test_close_waits_for_what_is_under_way_when_it_is_told_to(world: World, api: hubwire.Server) -> None:
    ada = await world.connected("ada")
    sent = ada.send(world.room, "say", 1)
    await ada.close(flush=5)
    assert (await sent).pos


async def test_a_send_that_is_not_to_be_queued_needs_a_connection(world: World) -> None:
    ada = world.hub("ada")
    with pytest.raises(hubwire.HubError, match="not_connected"):
        await ada.send(world.room, "say", 1, queue=False)
    assert not ada.ephemeral(world.room, "typing")


async def test_the_protocols_own_types_are_not_sent(world: World) -> None:
    ada = world.hub("ada")
    with pytest.raises(hubwire.HubError, match="forbidden_type"):
        await ada.send(world.room, "@@hub/join")
    with pytest.raises(hubwire.HubError, match="bad_action"):
        await ada.send(world.room, "x", meta={"hub": {}})


async def test_a_cancelled_wait_takes_the_send_back_while_it_is_queued(world: World) -> None:
    ada = world.hub("ada")
    sent = ada.send(world.room, "say", 1)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(_ack(sent), 0.05)
    assert sent.done


async def _ack(sent: hubwire.Sent) -> hubwire.Ack:
    return await sent


async def test_a_message_to_oneself_does_not_come_back_after_a_cut(world: World, api: hubwire.Server) -> None:
    proxy = await world.proxy()
    ada = world.hub("ada", proxy=proxy)
    seen: list[Any] = []
    ada.on("action", lambda it: seen.append(it.payload))
    await ada.connect()
    await ada.send(f"user:{world.name('ada')}", "n", "own", id="an-id-of-the-applications")
    await ada.send(f"user:{world.name('bob')}", "n", "bobs")
    proxy.set("refuse")
    await eventually(lambda: ada.state == "reconnecting")
    proxy.set("pass")
    await eventually(lambda: ada.synced)
    api.publish(f"user:{world.name('ada')}", "n", "end")
    await eventually(lambda: seen[-1:] == ["end"])
    assert seen == ["end"]


async def test_an_action_that_somebody_forges_in_the_clients_name_is_no_answer(world: World) -> None:
    ada, eve = await world.connected("ada"), await world.connected("eve")
    seen: list[Any] = []
    ada.on("action", lambda it: seen.append(it.sender))
    await eve.send(f"user:{world.name('ada')}", "n", 1, id=f"{ada._core.instance}-1")
    await eventually(lambda: seen == [world.name("eve")])
    assert (await ada.send(f"user:{world.name('bob')}", "n", 2)).duplicate is False
