"""Positions of publications in their streams."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"([0-9]{1,20})-([0-9]{1,20})", re.ASCII)


@dataclass(frozen=True)
class Position:
    """`<seq>-<nonce>`: `seq` orders the publications of a stream, `nonce` distinguishes two histories of it."""

    seq: int
    nonce: int

    @classmethod
    def parse(cls, text: object) -> Position | None:
        """Parses a position; `None` for anything else."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.seq}-{self.nonce}"
