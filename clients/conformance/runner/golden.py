"""The golden vectors of the protocol, through the codec of the library under test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .driver import Driver
from .processes import Failed

VECTORS = Path(__file__).resolve().parents[3] / "protocol/tests/golden/v1"
_OURS = {"from", "pos", "ts", "session", "re"}


async def check(driver: Driver) -> None:
    """Reads what nodes write, writes what nodes take, and writes nothing that they refuse."""
    for vector in _vectors("server.json"):
        answer = await driver.do({"do": "decode", "frame": vector["json"]})
        if not _same(answer.get("actions"), [_parsed(vector["json"])]):
            raise Failed(f"server.json {vector['name']}: read as {answer}")
    for vector in _vectors("client.json"):
        actions = [_without_ours(action) for action in _actions(vector["json"])]
        answer = await driver.do({"do": "encode", "actions": actions})
        if "frame" not in answer or not _same(_actions(answer["frame"]), actions):
            raise Failed(f"client.json {vector['name']}: written as {answer}")
    for vector in _vectors("refused.json"):
        actions = _representable(vector)
        if actions is None:
            continue
        answer = await driver.do({"do": "encode", "actions": actions})
        if "frame" in answer:
            raise Failed(f"refused.json {vector['name']}: written as {answer['frame'][:200]}")


def _vectors(file: str) -> list[dict[str, Any]]:
    return [vector for vector in json.loads((VECTORS / file).read_text()) if "json" in vector]


def _representable(vector: dict[str, Any]) -> Any:
    """The actions of a refused frame that a program can hold: what is wrong with the others is their text, which no writer
    makes (doubled keys, wrong syntax, numbers beyond every double)."""
    text = vector["json"]
    try:
        actions = _actions(text)
    except ValueError:
        return None
    return None if _doubles(text) or "1e999" in text or "\\ud" in text else actions


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _actions(text: str) -> list[Any]:
    value = _parsed(text)
    return value if isinstance(value, list) else [value]


def _without_ours(action: Any) -> Any:
    """Without the keys that a node discards: a library need not be able to write them."""
    hub = action.get("meta", {}).get("hub", {})
    if not _OURS & set(hub):
        return action
    kept = {key: value for key, value in hub.items() if key not in _OURS}
    return {**action, "meta": {**action["meta"], "hub": kept}}


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON; a library may hold integers beyond 2^53 and floats without a fraction as doubles."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return float(left) == float(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _doubles(text: str) -> bool:
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len({key for key, _ in pairs}) != len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return found
