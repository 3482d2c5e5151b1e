"""Verifies that a webhook request came from the node."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence

HEADER = "X-Hubwire-Signature"
_PARTS_MAX = 16


def verify_webhook(
    secret: str | Sequence[str],
    body: bytes,
    signature: str | None,
    *,
    tolerance: float = 300.0,
    now: float | None = None,
) -> bool:
    """Verifies the header `X-Hubwire-Signature: t=<Unix seconds>,v1=<hex>` against the body as received.

    The signature is HMAC-SHA256 over `<t>.<body>`. Pass several secrets while one is being replaced. A signature older
    than `tolerance` seconds is refused, so that a recorded request cannot be replayed later.
    """
    at, signatures = _parse(signature)
    if at is None or abs((time.time() if now is None else now) - at) > tolerance:
        return False
    signed = f"{at}.".encode() + body
    secrets = [secret] if isinstance(secret, str) else list(secret)
    good = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets if one]
    matches = [hmac.compare_digest(one.encode(), given.encode()) for one in good for given in signatures]
    return any(matches)


def _parse(header: str | None) -> tuple[int | None, list[str]]:
    at: int | None = None
    signatures: list[str] = []
    for part in (header or "").split(",")[:_PARTS_MAX]:
        key, _, value = part.strip().partition("=")
        if key == "t" and value.isascii() and value.isdigit():
            at = int(value)
        elif key == "v1":
            signatures.append(value)
    return at, signatures
