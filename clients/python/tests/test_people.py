"""Contacts, conversations and the channels of an organisation, against a real node."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import World, eventually, within

import hubwire


@pytest.fixture
def world(hosted_world: World) -> World:
    """On a node with all features enabled."""
    return hosted_world


async def test_people_become_contacts_are_listed_and_blocked(world: World) -> None:
    ada, bob = await world.connected("ada"), await world.connected("bob")
    a, b = world.name("ada"), world.name("bob")
    heard: list[hubwire.Contact] = []
    bob.on("contact", heard.append)
    await within(ada.set_contact(b, "invite"))
    await eventually(lambda: heard == [hubwire.Contact(a, "invites")])
    await within(bob.set_contact(a, "accept"))
    for n in range(3):
        await within(ada.set_contact(f"z{n}", "invite"))
    pages = [page async for page in ada.people(limit=2)]
    assert [[(it.user, it.state) for it in page] for page in pages] == [
        [(b, "contact"), ("z0", "invited")],
        [("z1", "invited"), ("z2", "invited")],
    ]
    assert [page async for page in ada.people(state="contact")] == [[hubwire.Contact(b, "contact")]]
    await within(bob.set_contact(a, "block"))
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(ada.send(f"user:{b}", "x"))
    with pytest.raises(ValueError, match="an act is one of"):
        await ada.set_contact(b, "greet")
    assert [page async for page in ada.people(name="bo")] == []


async def test_contacts_are_found_by_a_word_of_their_name(world: World) -> None:
    ada, bob = await world.connected("ada"), await world.connected("bob")
    a, b = world.name("ada"), world.name("bob")
    await within(bob.set_profile("Bob Builder", {"avatar": "b.png"}))
    await within(ada.set_contact(b, "invite"))
    assert [page async for page in ada.people(name="build")] == []  # not a contact yet
    await within(bob.set_contact(a, "accept"))
    profile = hubwire.Profile("Bob Builder", {"avatar": "b.png"})
    assert [page async for page in ada.people(name="build")] == [[hubwire.Contact(b, "contact", profile)]]
    assert [page async for page in ada.people(name="uild")] == []


async def test_what_is_read_on_one_device_is_read_on_the_other(world: World) -> None:
    phone, desk = await world.connected("ada", device="phone"), await world.connected("ada", device="desk")
    bob, carol = await world.connected("bob"), await world.connected("carol")
    a, b, c = (world.name(it) for it in ("ada", "bob", "carol"))
    marks: list[tuple[str, hubwire.ReadMark]] = []
    phone.on("read", lambda mark: marks.append(("phone", mark)))
    desk.on("read", lambda mark: marks.append(("desk", mark)))
    bob.on("read", lambda mark: marks.append(("bob", mark)))
    seen: list[hubwire.Publication] = []
    phone.inbox.on(seen.append)
    await within(carol.send(f"user:{a}", "chat/whisper", "hello"))
    for n in (1, 2, 3):
        await within(bob.send(f"user:{a}", "chat/whisper", n))

    async def unread(hub: hubwire.Hub) -> list[tuple[str, int]]:
        return [(it.user, it.unread) for it in await within(hub.conversations())]

    found = await within(desk.conversations(1))
    assert ([(it.user, it.unread, it.last.payload, it.last.sender) for it in found], found.more) == (
        [(b, 3, 3, b)],
        True,
    )
    assert await unread(desk) == [(b, 3), (c, 1)]
    await eventually(lambda: len(seen) == 4)
    second = seen[2].pos
    assert second is not None
    await within(phone.mark_read(b, second))
    await eventually(
        lambda: sorted(marks) == [("desk", hubwire.ReadMark(b, second)), ("phone", hubwire.ReadMark(b, second))]
    )
    assert await unread(desk) == [(b, 1), (c, 1)]
    # up to the last delivered message, in that conversation alone
    await within(phone.mark_read(b))
    assert await unread(desk) == [(b, 0), (c, 1)]
    # an answer marks earlier messages as read, and is the last message
    await within(desk.send(f"user:{c}", "chat/whisper", "hi"))
    assert [(it.user, it.unread, it.last.sender) for it in await within(phone.conversations())] == [
        (c, 0, a),
        (b, 0, b),
    ]
    assert await unread(carol) == [(a, 1)]
    with pytest.raises(hubwire.HubError, match="bad_payload"):
        await within(phone.mark_read(b, f"{2**53 - 1}-1"))


async def test_the_channels_that_somebody_is_in_are_listed_in_pages(world: World) -> None:
    ada, bob = await world.connected("ada"), await world.connected("bob")
    rooms = [f"ch:{world.org}/open/{it}" for it in ("a", "b", "c")]
    for room in rooms:
        await within(ada.channel(room).join())
    await within(bob.channel(rooms[1]).join())

    async def listed(**options: Any) -> list[list[tuple[str, int]]]:
        pages = ada.live_channels(world.org, **options)
        return [[(it.address, it.count) for it in page] async for page in pages]

    assert await listed(limit=2) == [[(rooms[0], 1), (rooms[1], 2)], [(rooms[2], 1)]]
    assert await listed(prefix="open/b") == [[(rooms[1], 2)]]
    assert await listed(prefix="shut") == []
    with pytest.raises(hubwire.HubError, match="forbidden"):
        await within(ada.live_channels("elsewhere").__anext__())
