"""HTTP with failover between several addresses."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import HubError

_IDLE_MAX = 16
_PAUSE_BASE, _PAUSE_CAP = 0.1, 2.0
_AWAY = (502, 503, 504)
_MAYBE_DONE = (502, 504)
_IDLE_FOR = 20.0


@dataclass(frozen=True)
class _Address:
    secure: bool
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, url: str) -> _Address:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https URL")
        return cls(parts.scheme == "https", parts.hostname, parts.port, parts.path.rstrip("/"))


class Transport:
    """Sends requests, and retries them where that is safe: nearly all requests of this API are idempotent, publications
    by their id.

    If a node is unreachable, draining or without a broker (502, 503, 504, no connection), the next address is tried at
    once; after all addresses there is a pause, at least as long as `Retry-After` says. After 429 there is a pause, too.
    This goes on until `timeout` seconds have passed. Usable from several threads.
    """

    def __init__(self, urls: Sequence[str], api_key: str, timeout: float) -> None:
        if not urls:
            raise ValueError("at least one address is needed")
        self._addresses = [_Address.parse(url) for url in urls]
        self._api_key = api_key
        self._timeout = timeout
        self._first = 0
        self._idle: list[deque[tuple[float, http.client.HTTPConnection]]] = [deque(maxlen=_IDLE_MAX) for _ in urls]
        self._lock = threading.Lock()

    def call(
        self, method: str, path: str, body: Any = None, *, once: bool = False, timeout: float | None = None
    ) -> Any:
        """The JSON of the response. Raises `HubError` with the code of the API, or `not_connected` if no node answered.
        `once`: a request that a node may have executed is not repeated."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        encoded = None if body is None else _encode(body)
        tries = 0
        while True:
            at = (self._first + tries) % len(self._addresses)
            error, answer, elsewhere = self._try(at, method, path, encoded, deadline, once)
            if error is None:
                self._first = at
                return answer
            if once and error.outcome == "unknown":
                raise error
            tries += 1
            pause = self._pause(error, tries, elsewhere)
            if not error.retry or time.monotonic() + pause >= deadline:
                raise error
            time.sleep(pause)

    def close(self) -> None:
        """Closes the idle connections."""
        with self._lock:
            for idle in self._idle:
                while idle:
                    idle.pop()[1].close()

    def _try(
        self, at: int, method: str, path: str, body: bytes | None, deadline: float, once: bool
    ) -> tuple[HubError | None, Any, bool]:
        try:
            status, headers, text = self._exchange(at, method, path, body, deadline, once)
        except (OSError, http.client.HTTPException) as error:
            return (
                HubError("not_connected", f"{type(error).__name__}: {error}", retry=True, outcome="unknown"),
                None,
                True,
            )
        answer = _decode(text)
        if 200 <= status < 300:
            return None, answer, False
        told = answer.get("error") if isinstance(answer, dict) else None
        refused = HubError.told(told if isinstance(told, dict) else {"message": f"HTTP status {status}"})
        refused.retry = status in (*_AWAY, 429)
        if once and status in _MAYBE_DONE:
            refused.outcome = "unknown"
        refused.retry_after = _seconds(headers.get("retry-after"))
        return refused, None, status in _AWAY

    def _pause(self, error: HubError, tries: int, elsewhere: bool) -> float:
        """No pause before the next address; a growing one after each round, and if all addresses would give the same
        answer."""
        if elsewhere and tries % len(self._addresses):
            return 0.0
        rounds = tries // len(self._addresses) if elsewhere else tries
        return max(error.retry_after or 0.0, min(_PAUSE_CAP, _PAUSE_BASE * 2.0 ** min(rounds, 10)))

    def _exchange(
        self, at: int, method: str, path: str, body: bytes | None, deadline: float, once: bool
    ) -> tuple[int, dict[str, str], bytes]:
        address = self._addresses[at]
        left = max(0.1, deadline - time.monotonic())
        connection, reused = self._take(at, left, fresh=once)
        headers = {"X-Api-Key": self._api_key, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, address.path + path, body, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            if reused:  # the peer closed it while it was idle
                return self._exchange(at, method, path, body, deadline, once)
            raise
        except BaseException:
            connection.close()
            raise
        self._give_back(at, connection, response.will_close)
        return response.status, {key.lower(): value for key, value in response.getheaders()}, text

    def _take(self, at: int, timeout: float, fresh: bool) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before: then the peer may have closed it by now."""
        with self._lock:
            while self._idle[at] and not fresh:
                since, connection = self._idle[at].pop()
                if time.monotonic() - since < _IDLE_FOR and connection.sock is not None:
                    connection.sock.settimeout(timeout)
                    return connection, True
                connection.close()
        address = self._addresses[at]
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        return kind(address.host, address.port, timeout=timeout), False

    def _give_back(self, at: int, connection: http.client.HTTPConnection, closes: bool) -> None:
        with self._lock:
            if closes or len(self._idle[at]) >= _IDLE_MAX:
                connection.close()
            else:
                self._idle[at].append((time.monotonic(), connection))


def _encode(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise HubError("bad_payload", str(error)) from error


def _decode(text: bytes) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
