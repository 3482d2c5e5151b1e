"""Whether a client was given a stream whole: in order, nothing twice, nothing missing that no gap excuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from .log import seq
from .processes import Failed


@dataclass(frozen=True)
class Seen:
    """A publication that was given to the application, or a gap it was told of: the stream goes on after `pos`."""

    pos: str
    gap: bool = False

    @property
    def seq(self) -> int:
        """What orders it."""
        return seq(self.pos)


def judge_stream(stream: str, wanted: Iterable[str], seen: Sequence[Seen]) -> None:
    """Holds what was seen against the log. A gap excuses what lies between where the client was and its position."""
    given: set[str] = set()
    excused: list[tuple[int, int]] = []
    last = -1
    for it in seen:
        if it.gap:
            excused.append((last, it.seq))
            last = it.seq
            continue
        if it.pos in given:
            raise Failed(f"{stream}: {it.pos} was given twice")
        if it.seq <= last:
            raise Failed(f"{stream}: {it.pos} was given after {last}")
        given.add(it.pos)
        last = it.seq
    positions = set(wanted)
    missing = [pos for pos in positions - given if not any(after < seq(pos) <= until for after, until in excused)]
    if missing:
        raise Failed(f"{stream}: {len(missing)} of {len(positions)} are missing, the first is {min(missing, key=seq)}")
