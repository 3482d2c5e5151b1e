"""JSON frames of `hubwire.v1`: nodes accept what this library writes, and it reads what nodes write.

MessagePack is not supported: it would need a package besides `websockets`, and Python's JSON is faster than any codec
in pure Python.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .address import is_address
from .errors import HubError

SUBPROTOCOL = "hubwire.v1.json"
Action = dict[str, Any]

_ACTION_KEYS = {"type", "payload", "error", "meta"}
_HUB_KEYS = {"to", "id", "ephemeral", "except", "select"}
_SELECTED = ("all", "one", "others")


@dataclass(frozen=True)
class Limits:
    """The limits of a node, which its *welcome* states; these are the defaults."""

    frame_bytes_max: int = 65_536
    actions_per_frame_max: int = 64
    in_flight_max: int = 256
    actions_per_second: int = 0
    actions_burst: int = 0
    history_max: int = 100
    type_bytes_max: int = 128
    id_bytes_max: int = 64
    depth_max: int = 32
    idempotency_window_ms: int = 120_000

    @classmethod
    def told(cls, welcome: Mapping[str, Any]) -> Limits:
        """The limits in a *welcome*; the others keep their defaults."""
        said: dict[str, Any] = {"frame_bytes_max": welcome.get("max_frame_bytes")}
        if isinstance(welcome.get("limits"), dict):
            said.update(welcome["limits"])
        return cls(**{key: said[key] for key in cls.__dataclass_fields__ if isinstance(said.get(key), int)})


DEFAULT_LIMITS = Limits()


def encode(action: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> str:
    """One action as a frame. Raises the error that the node would reply with, so that nothing is sent that it
    refuses."""
    _check(action, limits)
    text = _print(action)
    if len(text.encode()) > limits.frame_bytes_max:
        raise HubError("too_big", f"the action is longer than {limits.frame_bytes_max} bytes")
    return text


def encode_frame(actions: Sequence[Mapping[str, Any]], limits: Limits = DEFAULT_LIMITS) -> str:
    """Several actions as one frame."""
    if not actions:
        raise HubError("bad_action", "a frame holds at least one action")
    if len(actions) > limits.actions_per_frame_max:
        raise HubError("too_many", f"a frame holds at most {limits.actions_per_frame_max} actions")
    # the array adds one level of nesting
    inner = Limits(**{**limits.__dict__, "depth_max": limits.depth_max - 1})
    text = "[" + ",".join(encode(action, inner) for action in actions) + "]"
    if len(text.encode()) > limits.frame_bytes_max:
        raise HubError("too_big", f"the frame is longer than {limits.frame_bytes_max} bytes")
    return text


def decode(frame: object) -> list[Action]:
    """The actions of a frame. Raises `ValueError` if it is invalid: then the peer is not a hubwire node."""
    if not isinstance(frame, str):
        raise ValueError("a binary frame on a JSON connection")
    value = json.loads(frame)
    actions = value if isinstance(value, list) else [value]
    for action in actions:
        if not isinstance(action, dict) or not isinstance(action.get("type"), str):
            raise ValueError("a frame that is no action")
    return actions


def hub_of(action: Mapping[str, Any]) -> dict[str, Any]:
    """`meta.hub` of an action; empty if there is none."""
    meta = action.get("meta")
    hub = meta.get("hub") if isinstance(meta, dict) else None
    return hub if isinstance(hub, dict) else {}


def payload_of(action: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of one of the node's own actions, which is an object."""
    payload = action.get("payload")
    return payload if isinstance(payload, dict) else {}


def _print(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()  # a lone surrogate cannot be encoded
    except (TypeError, ValueError, RecursionError) as error:
        raise HubError("bad_payload", str(error)) from error
    return text


def _check(action: Mapping[str, Any], limits: Limits) -> None:
    if not isinstance(action, Mapping) or not set(action) <= _ACTION_KEYS:
        raise HubError("bad_action", "an action has the keys type, payload, error and meta, and no others")
    _check_name("type", action.get("type"), limits.type_bytes_max)
    if not isinstance(action.get("error", False), bool):
        raise HubError("bad_action", "error is true or false")
    meta = action.get("meta", {})
    hub = meta.get("hub", {}) if isinstance(meta, Mapping) else None
    if not isinstance(hub, Mapping) or not set(hub) <= _HUB_KEYS:
        raise HubError(
            "bad_action", "meta and meta.hub are objects; meta.hub has the keys " + ", ".join(sorted(_HUB_KEYS))
        )
    if "to" in hub and not is_address(hub["to"]):
        raise HubError("bad_address", f"{hub['to']!r} is not an address")
    if "id" in hub:
        _check_name("id", hub["id"], limits.id_bytes_max)
    if not isinstance(hub.get("ephemeral", False), bool):
        raise HubError("bad_action", "ephemeral is true or false")
    left_out, select = hub.get("except", []), hub.get("select", "all")
    if not isinstance(left_out, (list, tuple)) or not all(isinstance(user, str) for user in left_out):
        raise HubError("bad_action", "except is a list of users")
    if select not in _SELECTED and not (isinstance(select, Mapping) and set(select) == {"device_class"}):
        raise HubError("bad_action", "select is all, one, others or an object with device_class")
    if _deeper_than(action, limits.depth_max):
        raise HubError("too_deep", f"more than {limits.depth_max} levels of nesting")


def _check_name(what: str, text: object, bytes_max: int) -> None:
    if not isinstance(text, str) or not text or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise HubError("bad_action", f"{what} is a text without control characters")
    if len(text.encode("utf-8", "replace")) > bytes_max:
        raise HubError("too_big", f"{what} is longer than {bytes_max} bytes")


def _deeper_than(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        return levels == 0 or any(_deeper_than(item, levels - 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return levels == 0 or any(_deeper_than(item, levels - 1) for item in value)
    return False
