"""The user's profile, contacts, invitations and blocked users."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..codec import payload_of
from ..events import Contact, Profile
from .core import Core
from .presence import Members, members_of

ACTS = ("invite", "accept", "remove", "block", "unblock")


@dataclass(frozen=True)
class LiveChannel:
    """A channel with at least one user in it."""

    address: str
    count: int
    """Number of its users."""


async def set_profile(core: Core, name: str | None, meta: Mapping[str, Any] | None) -> None:
    """Replaces the profile."""
    said = {"name": name, "meta": None if meta is None else dict(meta)}
    await core.ask("@@hub/profile", payload={key: value for key, value in said.items() if value is not None})


async def set_contact(core: Core, user: str, act: str) -> None:
    """Changes the relation to another user."""
    if act not in ACTS:
        raise ValueError(f"an act is one of {', '.join(ACTS)}")
    await core.ask("@@hub/contact", payload={"user": user, "act": act})


async def people(core: Core, **asked: str | int | None) -> AsyncIterator[list[Contact]]:
    """Page by page, in the order of their ids."""
    payload: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    while True:
        answer = payload_of(await core.ask("@@hub/people", payload=payload))
        page = [
            Contact(it["user"], it["state"], Profile.read(it.get("profile")))
            for it in answer.get("people") or ()
            if isinstance(it, dict)
        ]
        if page:
            yield page
        if not page or answer.get("more") is not True:
            return
        payload["after"] = page[-1].user


async def live_channels(
    core: Core, org: str, prefix: str | None, limit: int | None
) -> AsyncIterator[list[LiveChannel]]:
    """Page by page, in the order of their addresses."""
    asked = {"prefix": prefix, "limit": limit}
    payload: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    while True:
        answer = payload_of(await core.ask("@@hub/channels", f"org:{org}", payload))
        page = [
            LiveChannel(it["to"], int(it.get("count") or 0))
            for it in answer.get("channels") or ()
            if isinstance(it, dict) and isinstance(it.get("to"), str)
        ]
        if page:
            yield page
        if not page or answer.get("more") is not True:
            return
        payload["after"] = page[-1].address


async def members(core: Core, address: str) -> Members:
    """The members of a channel, an organisation or a team; reads all pages."""
    found: Members = {}
    payload: dict[str, Any] = {}
    while True:
        answer = payload_of(await core.ask("@@hub/presence", address, payload))
        page = members_of(answer.get("users") or ())
        found.update(page)
        if not page or answer.get("more") is not True:
            return found
        payload = {"after": list(page)[-1]}


async def count(core: Core, address: str) -> int:
    """The number of users."""
    return int(payload_of(await core.ask("@@hub/presence", address, {"count": True})).get("count") or 0)
