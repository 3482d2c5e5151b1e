"""One connection attempt: from the provider's credentials to the end of the connection."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from ..codec import SUBPROTOCOL, Limits, encode, payload_of
from ..errors import HubError
from ..options import AuthContext
from ..position import Position
from .backoff import STEADY_AFTER
from .channels import Channels
from .core import Core
from .credentials import Credentials
from .inbound import Inbound
from .link import Link, Socket, request_action
from .stream import StreamSocket

_OPEN_MAX = 10.0
_WELCOME_MAX = 10.0
_FRAME_MAX = 64 * 1024 * 1024
"""Answers to `@@hub/history` are long; a peer that sends longer frames than this is not a node."""
_REFRESH_RETRY = 2.0


@dataclass
class Ended:
    """How an attempt ended."""

    code: int | None = None
    reason: str = ""
    welcomed: bool = False
    steady: bool = False
    retry_after: float | None = None


class Session:
    """Opens a socket, authenticates with the first message, resumes, and reads until the end."""

    def __init__(self, core: Core, channels: Channels, credentials: Credentials, entered: asyncio.Event) -> None:
        self._core = core
        self._channels = channels
        self._credentials = credentials
        self._entered = entered

    async def run(self, context: AuthContext) -> Ended:
        """Raises what the provider raises."""
        core = self._core
        # credentials first: a slow provider must not use up the time for which a node waits for them
        credentials = await self._credentials.ask(context)
        try:
            socket = await self._open()
        except InvalidStatus as error:
            return Ended(reason=str(error), retry_after=_retry_after(error))
        except (OSError, InvalidHandshake, asyncio.TimeoutError) as error:
            return Ended(reason=f"{type(error).__name__}: {error}")
        except ConnectionClosed as error:
            return Ended(code=error.rcvd.code if error.rcvd else None, reason=error.rcvd.reason if error.rcvd else "")
        except InvalidURI as error:
            return Ended(code=4400, reason=str(error))
        link = Link(socket, core.options.environment, core.instance)
        inbound = Inbound(core, self._channels)
        ended = Ended()
        began = core.clock()
        try:
            await self._live(link, inbound, credentials, ended)
        except ConnectionClosed as error:
            ended.code, ended.reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
        except (ValueError, asyncio.TimeoutError) as error:
            ended.code, ended.reason = 1006, str(error) or "no welcome in time"
        finally:
            ended.steady = ended.welcomed and core.clock() - began >= STEADY_AFTER
            if isinstance(inbound.retry_in_ms, (int, float)) and ended.code is not None and 4000 <= ended.code <= 4099:
                ended.retry_after = inbound.retry_in_ms / 1000
            self._disconnect(link)
            await link.close()
        return ended

    async def _open(self) -> Socket:
        url = self._core.options.url
        if callable(url):
            made = url()
            url = await made if inspect.isawaitable(made) else made
        settings: dict[str, Any] = {
            "subprotocols": [Subprotocol(SUBPROTOCOL)],
            "open_timeout": _OPEN_MAX,
            "ping_interval": None,  # `Link` pings with frames that the node counts
            "close_timeout": 1,
            "max_size": _FRAME_MAX,
            "compression": None,
            **self._core.options.websocket,
        }
        if self._core.ways.next():
            return await asyncio.wait_for(StreamSocket.open(url, self._core.options.websocket), _OPEN_MAX)
        return await connect(url, **settings)

    async def _live(self, link: Link, inbound: Inbound, credentials: dict[str, str], ended: Ended) -> None:
        """Runs the socket's tasks until the first of them ends, and raises its exception."""
        tasks = [
            asyncio.ensure_future(link.keep_writing()),
            asyncio.ensure_future(link.keep_alive()),
            asyncio.ensure_future(self._read(link, inbound, credentials, ended)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=tasks.index, reverse=True):
                task.result()
            raise ValueError("the connection was silent")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, link: Link, inbound: Inbound, credentials: dict[str, str], ended: Ended) -> None:
        core = self._core
        link.write(encode(self._auth(link, credentials)))
        actions = await asyncio.wait_for(self._first_frame(link), _WELCOME_MAX)
        core.ways.heard()
        refreshing: asyncio.Task[None] | None = None
        try:
            while True:
                for action in actions:
                    if action["type"] == "@@hub/welcome":
                        ended.welcomed = True
                        refreshing = asyncio.ensure_future(self._keep_fresh(link, credentials))
                        self._welcomed(link, payload_of(action))
                        # the caller of `connect` misses nothing: it sets up its handlers before the reader continues
                        await self._entered.wait()
                    else:
                        inbound.take(action)
                link.paused = core.router.full
                await core.router.room(lambda: not link.asks and not len(core.sender.outbox))
                link.paused = False
                actions = await link.receive()
        finally:
            if refreshing is not None:
                refreshing.cancel()

    async def _first_frame(self, link: Link) -> list[dict[str, Any]]:
        return await link.receive()

    def _auth(self, link: Link, credentials: dict[str, str]) -> dict[str, Any]:
        core = self._core
        payload: dict[str, Any] = dict(credentials)
        # ids are scoped to a device: without a lasting one, to this instance, so that the node detects a retry after a
        # reconnect
        payload["device"] = core.options.device or core.instance
        if core.options.device_class is not None:
            payload["device_class"] = core.options.device_class
        resume = {
            stream: pos
            for stream, pos in core.streams.positions().items()
            if not stream.startswith("ch:")  # channels are resumed by joins, see `Channels`
        }
        if resume:
            payload["resume"] = resume
            for stream in resume:
                core.streams.gate(stream)
        return request_action("@@hub/auth", link.next_id(), payload=payload)

    def _welcomed(self, link: Link, welcome: dict[str, Any]) -> None:
        core = self._core
        core.welcome, core.user = welcome, welcome.get("user")
        core.belong(welcome)
        core.streams.own_stream_is(core.own_stream)
        if isinstance(welcome.get("now"), (int, float)):
            core.server_time_off = welcome["now"] / 1000 - core.clock()
        if isinstance(welcome.get("ping_ms"), (int, float)):
            link.ping_after = welcome["ping_ms"] / 1000
        limits = Limits.told(welcome)
        core.link, link.limits = link, limits
        self._follow(link, welcome.get("resume") or {})
        core.sender.limits = limits
        core.become("connected")
        self._channels.connected(link)
        core.sender.connected(link, limits)
        if core.streams.synced:
            core.sender.decide_stale()
            core.emitter.emit("synced")

    def _follow(self, link: Link, tops: dict[str, Any]) -> None:
        """Streams named in the resume continue there; others start where the options say, or with the next
        publication."""
        core = self._core
        for stream in [it for it in core.streams.positions() if it not in tops and not it.startswith("ch:")]:
            core.streams.forget(stream)
        asked: dict[str, Any] = {}
        for stream, top in tops.items():
            if core.streams.position(stream) is not None:
                continue
            start = self._start(stream)
            if start == "now":
                core.streams.open(stream, Position.parse(top))
            else:
                asked[stream] = _position_asked(start, core.features)
                core.streams.gate(stream)
        if asked:
            link.request("@@hub/resume", payload={"positions": asked}).add_done_callback(self._resume_answered)

    def _resume_answered(self, answer: Any) -> None:
        error = answer.exception()
        if isinstance(error, HubError) and error.code != "disconnected":
            self._core.tell_error(error)

    def _start(self, stream: str) -> str:
        start = self._core.options.start
        if stream.startswith("user:"):
            return start.user or ("now" if self._core.options.device is None else "cursor")
        return start.team if stream.startswith("team:") else start.org

    async def _keep_fresh(self, link: Link, credentials: dict[str, str]) -> None:
        """Refreshes the credentials before they expire. If that fails, the connection ends, and a reconnect gets new
        ones."""
        core = self._core
        wait = self._credentials.refresh_in(core.welcome.get("expires_in_ms"), credentials)
        attempt = 0
        while wait is not None:
            await asyncio.sleep(wait)
            try:
                credentials = await self._credentials.ask(AuthContext("refresh", attempt))
                answer = await link.request("@@hub/refresh", payload=credentials)
                attempt = 0
                wait = self._credentials.refresh_in(payload_of(answer).get("expires_in_ms"), credentials)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if isinstance(error, HubError) and not error.retry:
                    core.tell_error(error)
                    return
                attempt += 1
                wait = _REFRESH_RETRY * attempt

    def _disconnect(self, link: Link) -> None:
        core = self._core
        if core.link is link:
            core.link = None
            core.sender.disconnected()
            core.streams.disconnected()
        link.end()
        core.router.look_again()


def _position_asked(start: str, features: list[str]) -> Any:
    if start == "cursor":
        return None
    if start == "beginning":
        return {"from": "oldest"} if "replay_oldest" in features else "0-0"
    return start


def _retry_after(error: InvalidStatus) -> float | None:
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return None
