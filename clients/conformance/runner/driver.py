"""The driver of the library under test: commands in, events out."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import time
from pathlib import Path
from typing import Any, Callable

from .processes import Failed

_LINE_MAX = 64 * 1024 * 1024
_ANSWER_S = 20.0
_READY_S = 30.0


class Driver:
    """A driver's process."""

    def __init__(self, on_event: Callable[[float, dict[str, Any]], None], log: Path, verbose: bool) -> None:
        self._on_event = on_event
        self._log = log
        self._verbose = verbose
        self._process: asyncio.subprocess.Process | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0
        self._reading: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[dict[str, Any]] | None = None

    async def start(self, command: str) -> dict[str, Any]:
        """Starts it; what it says of itself."""
        self._ready = asyncio.get_running_loop().create_future()
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *shlex.split(command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LINE_MAX,
                start_new_session=True,
            )
        self._reading = asyncio.ensure_future(self._read())
        try:
            return await asyncio.wait_for(self._ready, _READY_S)
        except asyncio.TimeoutError:
            raise Failed(f"the driver did not say that it is ready\n{self.output()}") from None

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Sends a command; its answer."""
        assert self._process is not None and self._process.stdin is not None
        self._count += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._count] = answer
        line = json.dumps({"n": self._count, **command})
        if self._verbose:
            print(f"    > {line[:400]}")
        self._process.stdin.write(line.encode() + b"\n")
        try:
            return await asyncio.wait_for(answer, _ANSWER_S)
        except asyncio.TimeoutError:
            raise Failed(f"the driver did not answer {line[:200]}\n{self.output()}") from None

    def signal(self, which: signal.Signals) -> None:
        """To the driver and what it started."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, which)

    def output(self) -> str:
        """The end of what it wrote to standard error."""
        return self._log.read_text(errors="replace")[-3000:]

    async def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            try:
                self.signal(signal.SIGKILL)
            except ProcessLookupError:
                pass
            await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None and self._ready is not None
        while line := await self._process.stdout.readline():
            try:
                event = json.loads(line)
            except ValueError:
                event = {"on": "noise", "line": line.decode(errors="replace")}
            if self._verbose:
                print(f"    < {line.decode(errors='replace').rstrip()[:400]}")
            if event.get("on") == "done":
                answer = self._answers.pop(event.get("n", 0), None)
                if answer is not None and not answer.done():
                    answer.set_result(event)
            elif event.get("on") == "ready":
                if not self._ready.done():
                    self._ready.set_result(event)
            else:
                self._on_event(time.monotonic(), event)
        gone = Failed(f"the driver ended\n{self.output()}")
        for future in (*self._answers.values(), self._ready):
            if not future.done():
                future.set_exception(gone)
                future.exception()
