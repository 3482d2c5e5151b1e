"""The history of a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ..codec import payload_of
from ..errors import HubError
from ..events import Publication
from .core import Core


async def history(
    core: Core, stream: str, before: str | None, after: str | None, limit: int
) -> AsyncIterator[list[Publication]]:
    """Pages of a stream, each oldest first: backwards from `before` or the newest, or forwards from `after`."""
    await core.connected()
    if after is not None and "history_after" not in core.features:
        raise HubError("not_found", "this node does not page forward")
    while True:
        payload: dict[str, Any] = {"limit": min(limit, core.sender.limits.history_max)}
        payload.update({key: pos for key, pos in (("before", before), ("after", after)) if pos is not None})
        answer = payload_of(await core.ask("@@hub/history", stream, payload))
        page = [Publication.read(action) for action in answer.get("publications") or () if isinstance(action, dict)]
        if page:
            yield page
        if not page or answer.get("more") is not True:
            return
        if after is not None:
            after = page[-1].pos
        else:
            before = page[0].pos


async def find_publication(core: Core, stream: str, id: str, sender: str | None) -> Publication | None:
    """The newest publication with that id, among those that the node searches."""
    await core.connected()
    if "history_id" not in core.features:
        raise HubError("unknown_type", "this node finds no publication by its id")
    payload = {"id": id} if sender is None else {"id": id, "from": sender}
    try:
        answer = payload_of(await core.ask("@@hub/history", stream, payload))
    except HubError as error:
        if error.code == "not_found":
            return None
        raise
    found = answer.get("publications")
    return Publication.read(found[0]) if isinstance(found, list) and found and isinstance(found[0], dict) else None
