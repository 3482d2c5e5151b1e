"""Programs that belong to a rig: each in a group of its own, with its output in a file, ended with the rig."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

_FIRST, _COUNT = 12_000, 20_000
_POLL = 0.05
_OUTSIDE = {key: value for key, value in os.environ.items() if not key.startswith("HUBWIRE_")}
"""A node takes `HUBWIRE_…` for options."""


class Failed(Exception):
    """What the scenario promises does not hold, or the rig could not be set up."""


def free_port() -> int:
    """A loopback port nobody listens on, below those of outgoing connections."""
    for _ in range(_COUNT):
        port = _FIRST + random.randrange(_COUNT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed("no free port")


async def eventually(holds: Callable[[], Any], what: str | Callable[[], str], seconds: float = 20.0) -> Any:
    """Waits until something is true and returns it. `holds` may be a coroutine function."""
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if time.monotonic() >= deadline:
            raise Failed(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(_POLL)


class Process:
    """A running program."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self.name = name
        self._log = directory / f"{name}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                env={**_OUTSIDE, **environment},
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it ended."""
        return self._process.poll() is not None

    def output(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-3000:]

    def signal(self, which: signal.Signals) -> None:
        """To the program and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, which)

    def kill(self) -> None:
        """Without a word, and waits for the end."""
        if not self.ended:
            self.signal(signal.SIGKILL)
        self._process.wait()
