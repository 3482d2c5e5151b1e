"""The server API for asyncio."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .blocking import Server

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    _Given = ParamSpec("_Given")

_Answer = TypeVar("_Answer")


def _in_thread(
    method: Callable[Concatenate[Server, _Given], _Answer],
) -> Callable[Concatenate[AsyncServer, _Given], Coroutine[Any, Any, _Answer]]:
    """A method of `Server` as a coroutine function, with its parameters and its documentation."""

    async def call(self: AsyncServer, /, *given: _Given.args, **named: _Given.kwargs) -> _Answer:
        run = functools.partial(method, self._server, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(None, run)

    functools.update_wrapper(call, method)
    call.__module__, call.__qualname__ = __name__, f"AsyncServer.{method.__name__}"
    return call


class AsyncServer:
    """`Server` with coroutines. Requests run in threads of the loop's executor, because the standard library has no
    asynchronous HTTP client."""

    def __init__(self, urls: str | Sequence[str], api_key: str, *, timeout: float = 10.0) -> None:
        self._server = Server(urls, api_key, timeout=timeout)

    publish = _in_thread(Server.publish)
    publish_to = _in_thread(Server.publish_to)
    publish_many = _in_thread(Server.publish_many)
    ticket = _in_thread(Server.ticket)
    user = _in_thread(Server.user)
    sessions = _in_thread(Server.sessions)
    session = _in_thread(Server.session)
    presence = _in_thread(Server.presence)
    members = _in_thread(Server.members)
    count = _in_thread(Server.count)
    set_profile = _in_thread(Server.set_profile)
    disconnect = _in_thread(Server.disconnect)
    disconnect_session = _in_thread(Server.disconnect_session)
    call = _in_thread(Server.call)
    reply = _in_thread(Server.reply)
    channels = _in_thread(Server.channels)
    channel = _in_thread(Server.channel)
    join = _in_thread(Server.join)
    kick = _in_thread(Server.kick)
    close_channel = _in_thread(Server.close_channel)
    store_snapshot = _in_thread(Server.store_snapshot)
    stream = _in_thread(Server.stream)
    history = _in_thread(Server.history)
    purge = _in_thread(Server.purge)
    erase = _in_thread(Server.erase)
    block = _in_thread(Server.block)
    unblock = _in_thread(Server.unblock)
    block_address = _in_thread(Server.block_address)
    unblock_address = _in_thread(Server.unblock_address)
    revoke_token = _in_thread(Server.revoke_token)
    revoke_tokens = _in_thread(Server.revoke_tokens)
    blocks = _in_thread(Server.blocks)
    dead_events = _in_thread(Server.dead_events)
    replay_events = _in_thread(Server.replay_events)

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
