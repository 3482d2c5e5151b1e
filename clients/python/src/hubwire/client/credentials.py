"""Tokens and tickets: obtaining and renewing them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import inspect
import json
from typing import Any

from ..options import AuthContext, Options

_EARLY, _SPREAD = 0.8, 0.05


class Credentials:
    """The application's provider of credentials."""

    def __init__(self, options: Options) -> None:
        self._provider = options.get_token or options.get_ticket
        self._kind = "token" if options.get_token else "ticket"
        self._random = options.environment.random

    async def ask(self, context: AuthContext) -> dict[str, str]:
        """Calls the provider; returns the part of `@@hub/auth` or `@@hub/refresh` with the credentials. Raises what it
        raises."""
        assert self._provider is not None
        if inspect.iscoroutinefunction(self._provider):
            found = await self._provider(context)
        else:
            # it may block, for example in an HTTP library
            made = await asyncio.get_running_loop().run_in_executor(None, self._provider, context)
            found = await made if inspect.isawaitable(made) else made
        if not isinstance(found, str):
            raise TypeError(f"the provider returned {type(found).__name__}, not a text")
        return {self._kind: found}

    def refresh_in(self, expires_in_ms: Any, credentials: dict[str, str]) -> float | None:
        """Seconds until a refresh: four fifths of the lifetime, or `None` if the expiry is unknown or there is none."""
        lifetime = (
            expires_in_ms / 1000 if isinstance(expires_in_ms, (int, float)) else _lifetime(credentials.get("token"))
        )
        if lifetime is None:
            return None
        return max(0.0, lifetime * (_EARLY + _SPREAD * (2 * self._random() - 1)))


def _lifetime(token: str | None) -> float | None:
    """`exp - iat` of a JWT, which does not depend on this machine's clock. The token is not verified here."""
    try:
        body = (token or "").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return float(claims["exp"]) - float(claims["iat"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None
