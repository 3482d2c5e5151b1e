"""The parts that need no connection: positions, backoff, presence, buffers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hubwire import Environment, Gap, PresenceChange, Publication, Reconnect
from hubwire.address import is_address, is_channel
from hubwire.client.backoff import Backoff
from hubwire.client.credentials import Credentials
from hubwire.client.presence import PresenceSet
from hubwire.client.router import BUFFER_MAX, Buffer
from hubwire.client.streams import Streams
from hubwire.codes import Verdict
from hubwire.options import AuthContext, Options
from hubwire.position import Position


def at(seq: int, nonce: int = 1) -> Position:
    return Position(seq, nonce)


def streams() -> tuple[Streams, list[str]]:
    synced: list[str] = []
    made = Streams(lambda: synced.append("synced"))
    made.own_stream_is("user:me")
    return made, synced


def test_positions_are_compared_as_numbers_and_nothing_else_is_one() -> None:
    nine, ten = Position.parse("9-1"), Position.parse("10-1")
    assert nine is not None
    assert ten is not None
    assert ten.seq > nine.seq
    for text in ("", "1", "1-", "-1", "1-2-3", "1.5-2", "a-b", "١-٢", None, 5):
        assert Position.parse(text) is None


@pytest.mark.parametrize("address", ["user:a|b", "org:acme", "team:acme/ops", "ch:acme/a/b", "ch:acme/" + "a" * 64])
def test_addresses_are_taken(address: str) -> None:
    assert is_address(address)
    assert is_channel(address) == address.startswith("ch:")


@pytest.mark.parametrize("address", ["", "acme", "user:", "user:a b", "ch:acme", "ch:acme//x", "org:" + "a" * 65, None])
def test_what_is_no_address_is_not(address: object) -> None:
    assert not is_address(address)


def test_a_channel_path_is_bounded() -> None:
    assert is_address("ch:acme/" + "/".join(["a" * 63] * 3))
    assert not is_address("ch:acme/" + "/".join(["a" * 63] * 5))


def test_a_gated_stream_is_ignored_until_it_is_opened() -> None:
    made, synced = streams()
    made.gate("org:a")
    assert not made.accept("org:a", at(5))
    made.open("org:a", at(3), top=at(4))
    assert made.accept("org:a", at(4))
    assert not synced
    made.delivered("org:a")
    assert synced == ["synced"]
    assert not made.accept("org:a", at(4))


def test_a_stream_without_a_top_is_in_sync_when_it_is_opened() -> None:
    made, synced = streams()
    made.gate("org:a")
    made.open("org:a", at(3))
    assert made.synced
    assert synced == ["synced"]


def test_an_own_copy_is_dropped_once_and_moves_the_position() -> None:
    made, _ = streams()
    made.open("user:me", at(1))
    made.own_copy_at(at(3))
    assert made.accept("user:me", at(2))
    assert not made.accept("user:me", at(3))
    assert made.position("user:me") == at(3)
    assert made.accept("user:me", at(4))


def test_an_own_copy_with_another_nonce_is_somebody_elses() -> None:
    made, _ = streams()
    made.own_copy_at(at(3, nonce=7))
    assert made.accept("user:me", at(3, nonce=8))


def test_own_copies_below_the_position_are_not_kept() -> None:
    made, _ = streams()
    made.open("user:me", at(10))
    made.own_copy_at(at(9))
    made.reset("user:me", at(5))  # another history
    assert made.accept("user:me", at(9))


class Chance:
    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self) -> float:
        return self.value


def backoff(value: float = 1.0) -> Backoff:
    return Backoff(Reconnect(), Environment(random=Chance(value)))


def test_pauses_double_up_to_the_cap_and_begin_anew_after_a_steady_connection() -> None:
    it = backoff()
    assert [it.pause(Verdict.BACK_OFF) for _ in range(7)] == [0.5, 1, 2, 4, 8, 16, 20]
    it.connected()
    assert it.pause(Verdict.BACK_OFF) == 20
    it.steady()
    assert it.pause(Verdict.BACK_OFF) == 0.5


def test_the_jitter_is_full() -> None:
    assert backoff(0.0).pause(Verdict.BACK_OFF) == 0
    assert backoff(0.5).pause(Verdict.BACK_OFF_LONGER) == 1


def test_what_the_node_asks_for_is_the_least_pause() -> None:
    it = backoff(0.0)
    assert it.pause(Verdict.AT_ONCE, 0.85) == 0.85
    assert it.pause(Verdict.BACK_OFF, 3.0) == 3.0


def test_attempts_are_counted_without_a_welcome_between() -> None:
    it = Backoff(Reconnect(attempts=2), Environment())
    it.pause(Verdict.BACK_OFF)
    it.connected()
    it.pause(Verdict.BACK_OFF)
    assert not it.exhausted
    it.pause(Verdict.BACK_OFF)
    assert it.exhausted


def presence() -> tuple[PresenceSet, list[PresenceChange]]:
    told: list[PresenceChange] = []
    return PresenceSet("ch:a/b", told.append), told


def users(**sessions: int) -> list[dict[str, Any]]:
    return [{"user": user, "sessions": count} for user, count in sessions.items()]


def test_what_is_pushed_before_the_list_is_applied_on_top_of_it() -> None:
    members, told = presence()
    members.awaits_list()
    members.pushed(True, ["late"])
    members.pushed(False, ["gone"])
    members.listed(users(me=1, gone=1))
    assert dict(members) == {"me": 1, "late": 1}
    assert [change.joined for change in told] == [("me", "late")]


def test_after_a_cut_only_the_difference_is_told() -> None:
    members, told = presence()
    members.awaits_list()
    members.listed(users(me=1, bob=1, eve=1))
    members.lost()
    assert members.stale
    assert dict(members) == {"me": 1, "bob": 1, "eve": 1}
    members.awaits_list()
    members.listed(users(me=1, bob=2))
    assert told[1:] == [
        PresenceChange("ch:a/b", stale=True),
        PresenceChange("ch:a/b", left=("eve",), changed=("bob",), stale=False),
    ]


def test_who_is_away_is_a_member_with_no_session() -> None:
    members, _ = presence()
    members.awaits_list()
    members.listed(users(me=1, bob=0))
    assert members["bob"] == 0
    assert members.somebody_is_away


def test_a_list_of_several_pages_is_one_list_and_pushes_come_on_top() -> None:
    members, told = presence()
    members.awaits_list()
    members.page(users(ada=1, bob=1))
    members.pushed(False, ["ada"])
    members.page(users(eve=1))
    members.listed(users(zoe=1))
    assert dict(members) == {"bob": 1, "eve": 1, "zoe": 1}
    assert len(told) == 1


def test_what_users_show_is_told_whole_and_only_when_it_changed() -> None:
    members, told = presence()
    members.awaits_list()
    members.listed([{"user": "ada", "state": {"line": 1}}, {"user": "bob"}])
    assert (members.state("ada"), members.state("bob"), members.state("nobody")) == ({"line": 1}, None, None)
    members.shown([{"user": "ada", "state": {"line": 2}}])
    members.shown([{"user": "ada", "state": {"line": 2}}])
    members.pushed(True, ["ada"])
    members.shown([{"user": "ada"}])
    assert members.state("ada") is None
    assert [change.changed for change in told[1:]] == [("ada",), ("ada",)]


def publication(n: int) -> Publication:
    return Publication("x", n, "ch:a/b", None, f"{n}-1", None, None)


async def test_a_buffer_that_nobody_reads_becomes_one_gap() -> None:
    buffer = Buffer("ch:a/b", lambda: None)
    for n in range(BUFFER_MAX + 1):
        buffer.push(publication(n))
    assert not buffer.full
    assert await buffer.next() == Gap("ch:a/b", None, "overflow")


async def test_a_buffer_that_is_read_is_never_cut_but_says_that_it_is_full() -> None:
    buffer = Buffer("ch:a/b", lambda: None)
    buffer.push(publication(0))
    await buffer.next()
    for n in range(BUFFER_MAX):
        buffer.push(publication(n))
    assert buffer.full
    assert [(await buffer.next()) for _ in range(BUFFER_MAX)] == [publication(n) for n in range(BUFFER_MAX)]


def credentials(provider: Any, value: float = 0.5) -> Credentials:
    options = Options(url="ws://x", get_token=provider, environment=Environment(random=Chance(value)))
    return Credentials(options)


@pytest.mark.parametrize(("chance", "wanted"), [(0.0, 75), (0.5, 80), (1.0, 85)])
def test_a_refresh_comes_at_four_fifths_of_the_lifetime(chance: float, wanted: float) -> None:
    assert credentials(lambda _: "t", chance).refresh_in(100_000, {"token": "t"}) == pytest.approx(wanted)


def test_the_lifetime_of_a_token_needs_no_clock() -> None:
    body = "eyJpYXQiOjEwMDAsImV4cCI6MTEwMH0"  # iat 1000, exp 1100
    assert credentials(lambda _: "t").refresh_in(None, {"token": f"h.{body}.s"}) == pytest.approx(80)
    assert credentials(lambda _: "t").refresh_in(None, {"token": "opaque"}) is None
    assert credentials(lambda _: "t").refresh_in(None, {"ticket": "x"}) is None


async def test_a_provider_may_block_or_be_a_coroutine() -> None:
    async def later(_: AuthContext) -> str:
        await asyncio.sleep(0)
        return "later"

    context = AuthContext("connect", 0)
    assert await credentials(lambda _: "now").ask(context) == {"token": "now"}
    assert await credentials(later).ask(context) == {"token": "later"}
    with pytest.raises(TypeError):
        await credentials(lambda _: None).ask(context)


def test_exactly_one_provider_is_needed() -> None:
    with pytest.raises(ValueError, match="either"):
        Options(url="ws://x")
