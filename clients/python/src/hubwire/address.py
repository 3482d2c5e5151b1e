"""The grammar of addresses."""

from __future__ import annotations

import re

_ID = r"[A-Za-z0-9_.~@+=:|%-]{1,64}"
_HEX = "[0-9a-f]"
_FORM = re.compile(
    rf"user:{_ID}|org:{_ID}|team:{_ID}/{_ID}"
    rf"|ch:{_ID}/(?P<path>{_ID}(?:/{_ID})*)"
    rf"|session:{_HEX}{{8}}-{_HEX}{{4}}-8{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}}",
    re.ASCII,
)
_PATH_BYTES_MAX = 255


def is_address(text: object) -> bool:
    """Whether a node would accept this as `meta.hub.to`."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    return match is not None and len(match["path"] or "") <= _PATH_BYTES_MAX


def is_channel(text: object) -> bool:
    """Whether this is the address of a channel."""
    return isinstance(text, str) and text.startswith("ch:") and is_address(text)


def stream_of(to: str, user: str) -> str:
    """The stream of a publication: everything addressed to users is in the client's own stream."""
    return f"user:{user}" if to.startswith("user:") else to
