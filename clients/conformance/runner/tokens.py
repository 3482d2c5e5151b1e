"""Tokens, made by hand (RFC 7519, HS256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "secret-of-the-conformance-scenarios-32-bytes-and-more"
LIFETIME_S = 3600


def token(client: dict[str, Any], secret: str = SECRET) -> str:
    """A token as the scenario describes its client."""
    now = int(time.time())
    claims = {"sub": client["user"], "iat": now, "exp": now + client.get("token_s", LIFETIME_S), "orgs": orgs(client)}
    return sign(claims, secret)


def sign(claims: dict[str, Any], secret: str = SECRET) -> str:
    """A token with these claims."""
    body = _part(b'{"alg":"HS256","typ":"JWT"}') + b"." + _part(json.dumps(claims).encode())
    return (body + b"." + _part(hmac.new(secret.encode(), body, hashlib.sha256).digest())).decode()


def orgs(client: dict[str, Any]) -> dict[str, Any]:
    """The claim `orgs`."""
    return {org: {"roles": client.get("roles", []), "teams": client.get("teams", [])} for org in client.get("orgs", [])}


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
