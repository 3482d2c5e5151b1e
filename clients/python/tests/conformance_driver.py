"""The driver by which the conformance scenarios test this library; clients/conformance/README.md has its protocol."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import hubwire
from hubwire.codec import decode, encode, encode_frame

ABILITIES = [
    "tickets",
    "presence",
    "view",
    "clock",
    "hints",
    "golden",
    "suspend",
    "watch",
    "conversations",
    "rpc",
    "serve",
]
LINE_MAX = 16 * 1024 * 1024


def tell(event: dict[str, Any]) -> None:
    """Writes an event; keys without a value are left out."""
    print(json.dumps({key: value for key, value in event.items() if value is not None}), flush=True)


class Client:
    """One client of the library, and its handles that the runner refers to by name."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self.name = name
        self.asked: dict[int, asyncio.Future[str]] = {}
        self.sent: dict[str, hubwire.Sent] = {}
        self.channels: dict[str, hubwire.Channel] = {}
        self.clock_off = 0.0
        self.tasks: set[asyncio.Future[Any]] = set()
        # --stream: does not try a WebSocket
        after = 0 if "--stream" in sys.argv else None
        self.hub = hubwire.connect(options["url"], stream_after=after, **self._options(options))
        for event, told in (
            ("state", self._state),
            ("action", self._action),
            ("gap", lambda it: self.tell("gap", stream=it.stream, pos=it.pos, cause=it.cause)),
            ("bye", lambda it: self.tell("bye", retry_in_ms=round(it.retry_in * 1000))),
            ("error", lambda it: self.tell("error", code=it.code, message=it.message)),
            ("presence", self._presence),
            ("read", lambda it: self.tell("read", user=it.user)),
        ):
            self.hub.on(event, told)

    def tell(self, on: str, **keys: Any) -> None:
        tell({"on": on, "client": self.name, **keys})

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def connect(self) -> None:
        try:
            await self.hub.connect()
        except hubwire.HubError:
            pass  # the event state reports it

    async def outcome(self, ref: str, sent: hubwire.Sent) -> None:
        self.sent[ref] = sent
        try:
            self.acked(ref, await sent)
        except hubwire.HubError as error:
            self.tell("rejected", ref=ref, code=error.code, outcome=error.outcome)

    def acked(self, ref: str, ack: hubwire.Ack) -> None:
        self.tell("acked", ref=ref, pos=ack.pos, duplicate=ack.duplicate, sessions=ack.sessions, attempts=ack.attempts)

    async def conversations(self, ref: str) -> None:
        found = await self.hub.conversations()
        self.tell("conversations", ref=ref, unread={it.user: it.unread for it in found})

    async def rpc(self, ref: str, method: str, params: Any) -> None:
        try:
            self.tell("replied", ref=ref, result=await self.hub.rpc(method, params))
        except hubwire.RpcError as error:
            self.tell("replied", ref=ref, error=error.error)
        except hubwire.HubError as error:
            self.tell("rejected", ref=ref, code=error.code, outcome=error.outcome)

    async def batch(self, items: list[dict[str, Any]]) -> None:
        results = await self.hub.batch([(it["to"], it["type"], payload_of(it)) for it in items])
        for item, result in zip(items, results):
            if isinstance(result, hubwire.Ack):
                self.acked(item["ref"], result)
            else:
                self.tell("rejected", ref=item["ref"], code=result.code, outcome=result.outcome)

    async def joined(self, channel: hubwire.Channel) -> None:
        try:
            await channel.join()
            self.tell("joined", channel=channel.address)
        except hubwire.HubError:
            pass  # the error handler reports it

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"device": options.get("device")}
        made["get_ticket" if options.get("provider") == "ticket" else "get_token"] = self._ask
        for key, kind in (("start", hubwire.Start), ("reconnect", hubwire.Reconnect), ("queue", hubwire.Queue)):
            if key in options:
                made[key] = kind(**{_plain(name): _scaled(name, value) for name, value in options[key].items()})
        for key in ("ack_timeout_ms", "lost_after_ms"):
            if key in options:
                made[key[:-3]] = options[key] / 1000
        if "auto_commit" in options:
            made["auto_commit"] = options["auto_commit"]
        return made

    async def _ask(self, context: hubwire.AuthContext) -> str:
        ask = len(self.asked) + 1
        self.asked[ask] = asyncio.get_running_loop().create_future()
        self.tell("credential", ask=ask, reason=context.reason, attempt=context.attempt)
        return await self.asked[ask]

    def _state(self, change: hubwire.StateChange) -> None:
        connected = change.state == "connected"
        self.tell(
            "state",
            state=change.state,
            previous=change.previous,
            code=change.error.code if change.error else None,
            retry_in_ms=None if change.retry_in is None else round(change.retry_in * 1000),
            node=self.hub.welcome.get("node") if connected else None,
            session=self.hub.session if connected else None,
        )

    def _action(self, it: hubwire.Publication) -> None:
        self.tell(
            "action",
            type=it.type,
            payload=it.payload,
            to=it.to,
            pos=it.pos,
            id=it.id,
            ephemeral=it.ephemeral,
            **{"from": it.sender},
        )

    def _presence(self, it: hubwire.PresenceChange) -> None:
        self.tell("presence", channel=it.channel, joined=it.joined, left=it.left, changed=it.changed, stale=it.stale)


class Driver:
    """Carries out commands."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}

    async def run(self) -> None:
        reader = asyncio.StreamReader(limit=LINE_MAX)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        ready = {"on": "ready", "name": "hubwire-python", "version": hubwire.__version__, "codec": "json"}
        tell({**ready, "abilities": ABILITIES})
        while line := await reader.readline():
            command = json.loads(line)
            try:
                found = getattr(self, f"do_{command['do']}")(command) or {}
            except Exception as error:
                found = {"failed": f"{type(error).__name__}: {error}"}
            tell({"on": "done", "n": command["n"], **found})

    def of(self, command: dict[str, Any]) -> Client:
        return self.clients[command["client"]]

    def do_open(self, command: dict[str, Any]) -> None:
        self.clients[command["client"]] = Client(command["client"], command.get("options", {}))

    def do_connect(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.connect())

    def do_close(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.hub.close())

    def do_credential(self, command: dict[str, Any]) -> None:
        waiting = self.of(command).asked[command["ask"]]
        if waiting.done():
            return
        if "error" in command:
            unauthorized = command["error"] == "unauthorized"
            waiting.set_exception(hubwire.Unauthorized("no") if unauthorized else RuntimeError("the provider failed"))
        else:
            waiting.set_result(command.get("token") or command["ticket"])

    def do_send(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        options = {key: command[key] for key in ("id", "queue") if key in command}
        if "deadline_ms" in command:
            options["deadline"] = command["deadline_ms"] / 1000
        sent = client.hub.send(command["to"], command["type"], payload_of(command), **options)
        if command.get("unheard"):
            return
        client.sent[command["ref"]] = sent
        client.spawn(client.outcome(command["ref"], sent))

    def do_batch(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.batch(command["items"]))

    def do_ephemeral(self, command: dict[str, Any]) -> dict[str, Any]:
        return {"sent": self.of(command).hub.ephemeral(command["to"], command["type"], payload_of(command))}

    def do_cancel(self, command: dict[str, Any]) -> dict[str, Any]:
        return {"cancelled": self.of(command).sent[command["ref"]].cancel()}

    def do_join(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        channel = client.channels[command["channel"]] = client.hub.channel(command["channel"])
        client.spawn(client.joined(channel))

    def do_leave(self, command: dict[str, Any]) -> None:
        self.of(command).channels.pop(command["channel"]).leave()

    def do_view(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        channel = client.hub.view(command["channel"])
        if channel is not None:
            client.channels[command["channel"]] = channel
            client.spawn(client.joined(channel))

    def do_members(self, command: dict[str, Any]) -> dict[str, Any]:
        presence = self.of(command).channels[command["channel"]].presence
        return {"members": dict(presence), "stale": presence.stale}

    def do_watch(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        watch = client.hub.watch(command["users"])
        watch.on(
            lambda users: client.tell("watched", users={it.user: it.online for it in users.values()}, stale=watch.stale)
        )

    def do_conversations(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.conversations(command["ref"]))

    def do_read(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.hub.mark_read(command["user"]))

    def do_rpc(self, command: dict[str, Any]) -> None:
        client = self.of(command)
        client.spawn(client.rpc(command["ref"], command["method"], command.get("params")))

    def do_serve(self, command: dict[str, Any]) -> None:
        self.of(command).hub.serve(command["method"], lambda params: params)

    def do_throw(self, command: dict[str, Any]) -> None:
        def throw(_: hubwire.Publication) -> None:
            raise RuntimeError("as it was told to")

        self.of(command).hub.on_action(command["type"], throw)

    def do_hint(self, command: dict[str, Any]) -> None:
        if command["hint"] != "hidden":
            self.of(command).hub.reconnect()

    def do_clock(self, command: dict[str, Any]) -> None:
        """The library reads no wall clock: tokens are renewed by their lifetime, and the node provides the time."""
        self.of(command).clock_off = command["by_ms"] / 1000

    def do_decode(self, command: dict[str, Any]) -> dict[str, Any]:
        return {"actions": decode(command["frame"])}

    def do_encode(self, command: dict[str, Any]) -> dict[str, Any]:
        actions = command["actions"]
        return {"frame": encode(actions[0]) if len(actions) == 1 else encode_frame(actions)}


def payload_of(item: dict[str, Any]) -> Any:
    return "x" * item["payload_bytes"] if "payload_bytes" in item else item.get("payload", ...)


def _plain(name: str) -> str:
    return name[:-3] if name.endswith("_ms") else name


def _scaled(name: str, value: Any) -> Any:
    return value / 1000 if name.endswith("_ms") else value


if __name__ == "__main__":
    asyncio.run(Driver().run())
