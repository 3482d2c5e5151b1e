"""The server API for asyncio."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Callable, TypeVar

from ..errors import HubError
from .answers import Published, Session, Ticket
from .blocking import Server

_Answer = TypeVar("_Answer")


class AsyncServer:
    """`Server`, with coroutines. Requests run in threads of the loop's executor: the standard library has no other
    HTTP."""

    def __init__(self, urls: str | Sequence[str], api_key: str, *, timeout: float = 10.0) -> None:
        self._server = Server(urls, api_key, timeout=timeout)

    async def publish(self, to: str, type: str, payload: Any = ..., **options: Any) -> Published:
        """As `Server.publish`."""
        return await _in_thread(functools.partial(self._server.publish, to, type, payload, **options))

    async def publish_many(self, items: Sequence[Mapping[str, Any]]) -> list[Published | HubError]:
        """As `Server.publish_many`."""
        return await _in_thread(functools.partial(self._server.publish_many, items))

    async def ticket(self, user: str, orgs: Mapping[str, Any] | None = None, **options: Any) -> Ticket:
        """As `Server.ticket`."""
        return await _in_thread(functools.partial(self._server.ticket, user, orgs, **options))

    async def sessions(self, user: str) -> list[Session]:
        """As `Server.sessions`."""
        return await _in_thread(functools.partial(self._server.sessions, user))

    async def presence(self, *, channel: str | None = None, user: str | None = None) -> dict[str, int]:
        """As `Server.presence`."""
        return await _in_thread(functools.partial(self._server.presence, channel=channel, user=user))

    async def disconnect(self, user: str, code: int | None = None) -> int:
        """As `Server.disconnect`."""
        return await _in_thread(functools.partial(self._server.disconnect, user, code))

    async def close(self) -> None:
        """As `Server.close`."""
        self._server.close()

    async def __aenter__(self) -> AsyncServer:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _in_thread(call: Callable[[], _Answer]) -> _Answer:
    return await asyncio.get_running_loop().run_in_executor(None, call)
