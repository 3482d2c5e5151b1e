"""Connects repeatedly, as the close codes require."""

from __future__ import annotations

import asyncio
import contextlib

from ..codes import UNAUTHENTICATED, Verdict, verdict
from ..errors import HubError, Unauthorized
from ..events import Restored
from ..options import AuthContext
from .backoff import Backoff
from .channels import Channels
from .core import Core
from .credentials import Credentials
from .session import Ended, Session


class Supervisor:
    """The life of the connections, from `connect` to `close` or `failed`."""

    def __init__(self, core: Core, channels: Channels) -> None:
        self._core = core
        self._channels = channels
        self._backoff = Backoff(core.options.reconnect, core.options.environment)
        self._credentials = Credentials(core.options)
        self._try_now = asyncio.Event()
        self._rejected = False
        self._attempt = 0
        self._lost: asyncio.TimerHandle | None = None
        self._lost_at = 0.0
        self._told_lost = False
        self.entered = asyncio.Event()
        core.emitter.on("state", lambda change: self._restored() if change.state == "connected" else None)

    async def run(self) -> None:
        """Ends with the state `failed`, or when it is cancelled."""
        core = self._core
        core.become("connecting")
        while True:
            session = Session(core, self._channels, self._credentials, self.entered)
            context = AuthContext("rejected" if self._rejected else "connect", self._attempt)
            try:
                ended = await session.run(context)
            except Unauthorized as error:
                self._fail(HubError("bad_credentials", str(error) or "the provider says that the user may not connect"))
                return
            except Exception as error:
                core.tell_error(_cause("provider_failed", error))
                ended = Ended(reason="the provider failed")
            error_or_none = self._judge(ended)
            if error_or_none is not None:
                self._fail(error_or_none)
                return
            await self._pause(ended)

    def try_now(self) -> None:
        """Ends a pause between attempts."""
        self._try_now.set()

    def stop(self) -> None:
        """Cancels the timer."""
        if self._lost is not None:
            self._lost.cancel()

    def _judge(self, ended: Ended) -> HubError | None:
        """Why the client gives up; `None` if it does not."""
        if ended.welcomed:
            self._backoff.connected()
            self._attempt, self._rejected = 0, False
        else:
            self._attempt += 1
        if ended.steady:
            self._backoff.steady()
        code = ended.code
        if verdict(code) is Verdict.STOP:
            return HubError(_code_of(code), f"the node closed with {code} {ended.reason}".rstrip())
        if code == UNAUTHENTICATED:
            if self._rejected:
                return HubError("bad_credentials", "new credentials were refused, too")
            self._rejected = True
        if self._backoff.exhausted:
            return HubError("failed", "as many attempts as the options allow")
        return None

    async def _pause(self, ended: Ended) -> None:
        core = self._core
        self._channels.disconnected()
        pause = 0.0 if ended.code == UNAUTHENTICATED else self._backoff.pause(verdict(ended.code), ended.retry_after)
        if self._lost is None and core.state == "connected":
            self._lost_at = core.clock()
            self._lost = asyncio.get_running_loop().call_later(core.options.lost_after, self._tell_lost)
        core.become("reconnecting" if core.welcome else "connecting", retry_in=pause)
        self._try_now.clear()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._try_now.wait(), pause)

    def _tell_lost(self) -> None:
        self._told_lost = True
        self._core.emitter.emit("lost")

    def _restored(self) -> None:
        self.stop()
        self._lost = None
        if self._told_lost:
            self._told_lost = False
            self._core.emitter.emit("restored", Restored(self._core.clock() - self._lost_at))

    def _fail(self, error: HubError) -> None:
        self.stop()
        core = self._core
        core.become("failed", error)
        core.sender.end("failed", error.message)
        self._channels.end(error)
        core.router.end(error)


def _code_of(code: int | None) -> str:
    return {4403: "forbidden", 4409: "replaced", 4413: "session_limit", 4429: "abuse"}.get(code or 0, "failed")


def _cause(code: str, error: Exception) -> HubError:
    told = HubError(code, type(error).__name__)
    told.__cause__ = error
    return told
