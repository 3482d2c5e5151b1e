"""What the streams hold, as a node tells it: read by a few lines of our own, not by the library under test."""

from __future__ import annotations

import json
from typing import Any

from websockets.asyncio.client import connect

from . import tokens
from .rig import Rig

_PAGE = 100


async def read(rig: Rig, client: dict[str, Any], stream: str, newest_only: bool = False) -> list[dict[str, Any]]:
    """The publications of a stream, oldest first, as this client's user may see them."""
    headers = {"Authorization": f"Bearer {tokens.token({**client, 'token_s': tokens.LIFETIME_S})}"}
    url = f"ws://127.0.0.1:{rig.live_node().public}/ws"
    found: list[dict[str, Any]] = []
    async with connect(url, additional_headers=headers, open_timeout=10, max_size=None) as socket:
        before = None
        while True:
            payload = {"limit": 1 if newest_only else _PAGE, **({"before": before} if before else {})}
            meta = {"hub": {"to": stream, "id": "h"}}
            await socket.send(json.dumps({"type": "@@hub/history", "payload": payload, "meta": meta}))
            while True:
                answer = json.loads(await socket.recv())
                if answer.get("meta", {}).get("hub", {}).get("re") == "h":
                    break
            if answer["type"] == "@@hub/error":
                raise OSError(str(answer["payload"]))
            page = answer["payload"]["publications"]
            found = page + found
            if newest_only or not page or not answer["payload"]["more"]:
                return found
            before = page[0]["meta"]["hub"]["pos"]


def seq(pos: str) -> int:
    """What orders positions."""
    return int(pos.split("-")[0])
