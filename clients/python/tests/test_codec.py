"""The codec reads and writes the golden vectors, and writes nothing that a node would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import REPOSITORY
from runner import golden

from hubwire.codec import DEFAULT_LIMITS, Limits, decode, encode, encode_frame
from hubwire.errors import HubError

VECTORS = REPOSITORY / "protocol/tests/golden/v1"


class Codec:
    """Answers like a conformance driver."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.done = 0

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        self.done += 1
        try:
            if command["do"] == "decode":
                return {"actions": decode(command["frame"])}
            actions = command["actions"]
            return {"frame": encode(actions[0]) if len(actions) == 1 else encode_frame(actions)}
        except HubError as error:
            self.refused.append(error.code)
            return {"failed": error.code}


async def test_every_golden_vector_is_read_and_written_and_what_is_refused_is_not() -> None:
    codec = Codec()
    await golden.check(codec)  # type: ignore[arg-type]
    assert codec.done > 100
    assert {"bad_action", "too_big", "bad_address", "too_deep", "too_many"} <= set(codec.refused)


@pytest.mark.parametrize("name", ["json_half_of_a_surrogate_pair", "json_nan", "json_number_too_great"])
def test_values_that_json_cannot_say_are_refused(name: str) -> None:
    value: Any = {
        "json_half_of_a_surrogate_pair": "\ud83d",
        "json_nan": float("nan"),
        "json_number_too_great": float("inf"),
    }[name]
    known = {vector["name"] for vector in json.loads((VECTORS / "refused.json").read_text())}
    assert name in known
    with pytest.raises(HubError, match="bad_payload"):
        encode({"type": "x", "payload": value})


def test_a_payload_that_is_no_json_is_refused() -> None:
    with pytest.raises(HubError, match="bad_payload"):
        encode({"type": "x", "payload": {1, 2}})


def test_the_bounds_are_those_of_the_welcome() -> None:
    welcome = {"max_frame_bytes": 100, "limits": {"in_flight_max": 8, "actions_per_frame_max": 2, "new_one": 1}}
    limits = Limits.told(welcome)
    assert (limits.frame_bytes_max, limits.in_flight_max, limits.actions_per_frame_max) == (100, 8, 2)
    assert limits.id_bytes_max == DEFAULT_LIMITS.id_bytes_max
    with pytest.raises(HubError, match="too_big"):
        encode({"type": "x", "payload": "y" * 100}, limits)
    with pytest.raises(HubError, match="too_many"):
        encode_frame([{"type": "x"}] * 3, limits)


def test_bytes_are_counted_and_not_letters() -> None:
    limits = Limits(frame_bytes_max=40)
    assert encode({"type": "x", "payload": "a" * 14}, limits)
    with pytest.raises(HubError, match="too_big"):
        encode({"type": "x", "payload": "ä" * 14}, limits)


@pytest.mark.parametrize("frame", ["42", "{}", '[{"type":1}]', "nonsense", b"\x81"])
def test_a_frame_that_is_no_action_is_an_error_of_its_own(frame: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(frame)
