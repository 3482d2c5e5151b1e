"""Remote procedure calls to the application's servers through the node, and from them to this session."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable

from ..codec import Action, hub_of, payload_of
from ..errors import HubError, RpcError
from .core import Core

Method = Callable[[Any], Any]


async def rpc(core: Core, method: str, params: Any, timeout: float) -> Any:
    """Calls a method once. A call that was sent and not answered may have been executed."""
    try:
        link = await asyncio.wait_for(core.connected(), timeout)
    except asyncio.TimeoutError:
        raise HubError("not_connected", "there is no connection", retry=True) from None
    asked = link.request("@@hub/rpc", payload={"method": method, "params": params})
    core.router.look_again()
    try:
        answer = payload_of(await asyncio.wait_for(asked, timeout))
    except asyncio.TimeoutError:
        raise HubError("timeout", f"{method} was not answered in time", outcome="unknown") from None
    except HubError as error:
        if error.code in ("disconnected", "timeout"):
            error.outcome = "unknown"
        raise
    if "error" in answer:
        raise RpcError(method, answer["error"])
    return answer.get("result")


def serve(core: Core, method: str, run: Method) -> Callable[[], None]:
    """Serves a method with what a function, or a coroutine function, returns or raises."""

    async def asked(action: Action) -> None:
        payload = payload_of(action)
        if payload.get("method") != method:
            return
        try:
            result = run(payload.get("params"))
            answer = {"result": await result if inspect.isawaitable(result) else result}
        except Exception as error:
            answer = {"error": {"code": "failed", "message": str(error)}}
        # a call ends with its session
        if core.link is not None:
            core.link.request("@@hub/reply", payload={"call": payload.get("call"), **answer})

    core.serves[method] = core.serves.get(method, 0) + 1
    off = core.emitter.on("@@hub/rpc", asked)

    def end() -> None:
        off()
        core.serves[method] = max(0, core.serves[method] - 1)

    return end


def unknown(core: Core, action: Action) -> None:
    """Answers a call of a method that is not served."""
    payload = payload_of(action)
    method = payload.get("method")
    if "re" in hub_of(action) or core.link is None or (isinstance(method, str) and core.serves.get(method)):
        return
    error = {"code": "unknown_method", "message": f"this client knows no {method}"}
    core.link.request("@@hub/reply", payload={"call": payload.get("call"), "error": error})
