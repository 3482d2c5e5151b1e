"""The tables of codes are those of the node, and every close code has the verdict of its range."""

from __future__ import annotations

import re

import pytest
from conftest import REPOSITORY

from hubwire.codes import CLOSE_CODES, ERROR_CODES, Verdict, verdict

DOCUMENT = (REPOSITORY / "docs/protocol.md").read_text()


def _table(name: str) -> list[list[str]]:
    part = DOCUMENT.split(f"<!-- {name}: begin")[1].split(f"<!-- {name}: end")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_error_codes_are_those_of_the_node() -> None:
    assert {row[0] for row in _table("error codes")} == ERROR_CODES


def test_close_codes_are_those_of_the_node() -> None:
    assert {int(row[0]): row[1] for row in _table("close codes")} == CLOSE_CODES


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (None, Verdict.BACK_OFF),
        (1001, Verdict.BACK_OFF),
        (1006, Verdict.BACK_OFF),
        (1009, Verdict.BACK_OFF),
        (1011, Verdict.BACK_OFF_LONGER),
        (1013, Verdict.BACK_OFF_LONGER),
        (4000, Verdict.AT_ONCE),
        (4099, Verdict.AT_ONCE),
        (4100, Verdict.BACK_OFF_LONGER),
        (4199, Verdict.BACK_OFF_LONGER),
        (4401, Verdict.ASK_AGAIN),
        (4403, Verdict.STOP),
        (4499, Verdict.STOP),
        (4999, Verdict.BACK_OFF),
    ],
)
def test_a_code_has_the_verdict_of_its_range(code: int | None, wanted: Verdict) -> None:
    assert verdict(code) is wanted


def test_the_documentation_gives_the_same_ranges() -> None:
    assert re.search(r"4000-4099 reconnect at once.*4100-4199 back off.*4400-4499 stop", DOCUMENT, re.DOTALL)
