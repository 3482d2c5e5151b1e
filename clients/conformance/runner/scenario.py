"""The scenarios, as they are played in one run."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "scenarios.json"
STACKS = ("memory", "cluster")
SECONDS = 60


@dataclass
class Scenario:
    """One scenario, with names that no other run has."""

    id: str
    title: str
    clients: dict[str, dict[str, Any]]
    when: list[dict[str, Any]]
    then: list[dict[str, Any]]
    settings: dict[str, str] = field(default_factory=dict)
    stacks: tuple[str, ...] = STACKS
    needs: tuple[str, ...] = ()
    own: bool = False
    seconds: float = SECONDS

    @property
    def rig_of_its_own(self) -> bool:
        """Whether it harms its nodes, or needs others."""
        return self.own or bool(self.settings)


def load(long: bool, path: Path = FILE) -> list[Scenario]:
    """All scenarios, in the long form or the short one."""
    return [_scenario(_chosen(raw, long), secrets.token_hex(3)) for raw in json.loads(path.read_text())]


def _scenario(raw: dict[str, Any], tag: str) -> Scenario:
    raw = _tagged(raw, f"-{raw['id']}-{tag}")
    given = raw.pop("given")
    return Scenario(
        clients=dict(_clients(given.get("clients", {}), f"-{raw['id']}-{tag}")),
        settings=given.get("settings", {}),
        stacks=tuple(raw.pop("stacks", STACKS)),
        needs=tuple(raw.pop("needs", ())),
        **raw,
    )


def _clients(given: dict[str, dict[str, Any]], suffix: str) -> Any:
    for name, client in given.items():
        times = client.get("times")
        names = [name] if times is None else [f"{name}-{n}" for n in range(1, times + 1)]
        for one in names:
            yield one, {"user": f"{one}{suffix}", **client}


def _chosen(value: Any, long: bool) -> Any:
    if isinstance(value, dict):
        if set(value) == {"long", "short"}:
            return value["long" if long else "short"]
        return {key: _chosen(item, long) for key, item in value.items()}
    return [_chosen(item, long) for item in value] if isinstance(value, list) else value


def _tagged(value: Any, suffix: str) -> Any:
    if isinstance(value, str):
        return value.replace("~", suffix)
    if isinstance(value, dict):
        return {_tagged(key, suffix): _tagged(item, suffix) for key, item in value.items()}
    return [_tagged(item, suffix) for item in value] if isinstance(value, list) else value


def matches(pattern: Any, value: Any) -> bool:
    """Whether an event, or a part of one, is as the pattern says."""
    if isinstance(pattern, dict):
        if "any" in pattern:
            return any(matches(one, value) for one in pattern["any"])
        if "has" in pattern:
            return isinstance(value, list) and pattern["has"] in value
        if pattern.keys() & {"min", "max"}:
            return isinstance(value, (int, float)) and in_range(pattern, value)
        return isinstance(value, dict) and all(_key_matches(key, pattern[key], value.get(key)) for key in pattern)
    if isinstance(pattern, bool) or pattern is None:
        return value is pattern
    return bool(pattern == value)


def _key_matches(key: str, pattern: Any, value: Any) -> bool:
    if key == "client" and isinstance(pattern, str) and pattern.endswith("*"):
        return isinstance(value, str) and re.fullmatch(re.escape(pattern[:-1]) + ".*", value) is not None
    return matches(pattern, value)


def in_range(range_or_number: Any, number: float) -> bool:
    """Whether a number is the one wanted, or within the range."""
    if not isinstance(range_or_number, dict):
        return bool(number == range_or_number)
    least = range_or_number.get("min", float("-inf"))
    return bool(least <= number <= range_or_number.get("max", float("inf")))
