"""A toy client that is wrong in one point, and its driver: it forgets its positions, and each reconnect begins anew."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def tell(**event):
    print(json.dumps(event), flush=True)


class Client:
    def __init__(self, name, options):
        self.name, self.url = name, options["url"]
        self.state, self.socket, self.user = "idle", None, None
        self.waiting, self.refs, self.token = [], {}, None

    def become(self, state, **known):
        previous, self.state = self.state, state
        tell(client=self.name, on="state", state=state, previous=previous, **known)

    async def run(self):
        while True:
            self.become("reconnecting" if self.user else "connecting")
            self.token = asyncio.get_running_loop().create_future()
            tell(client=self.name, on="credential", ask=1, reason="connect", attempt=0)
            try:
                async with connect(self.url, subprotocols=["hubwire.v1.json"]) as self.socket:
                    # the fault: not the last position, but the oldest there is
                    resume = {f"user:{self.user}": {"from": "oldest"}} if self.user else {}
                    await self.write("@@hub/auth", {"token": await self.token, "resume": resume}, id="auth")
                    async for frame in self.socket:
                        actions = json.loads(frame)
                        for action in actions if isinstance(actions, list) else [actions]:
                            await self.take(action, action["meta"]["hub"] if "meta" in action else {})
            except (OSError, ConnectionClosed):
                pass
            await asyncio.sleep(0.1)

    async def write(self, type, payload, **hub):
        await self.socket.send(json.dumps({"type": type, "payload": payload, "meta": {"hub": hub}}))

    async def take(self, action, hub):
        payload = action.get("payload")
        if action["type"] == "@@hub/welcome":
            self.user = payload["user"]
            self.become("connected", node=payload["node"], session=payload["session"])
            for send in self.waiting:
                await self.write(*send[:2], **send[2])
            self.waiting = []
        elif action["type"] == "@@hub/ack" and hub["re"] in self.refs:
            tell(client=self.name, on="acked", ref=self.refs.pop(hub["re"]), pos=payload.get("pos"), duplicate=False)
        elif not action["type"].startswith("@@hub/"):
            told = {key: hub[key] for key in ("to", "pos", "id", "from") if key in hub}
            tell(client=self.name, on="action", type=action["type"], payload=payload, **told)

    async def send(self, ref, to, type, payload=None, id=None, **_):
        id = id or f"{self.name}-{ref}"
        self.refs[id] = ref
        send = (type, payload, {"to": to, "id": id})
        if self.state == "connected":
            await self.write(*send[:2], **send[2])
        else:
            self.waiting.append(send)


async def main():
    clients, tasks = {}, []
    tell(on="ready", name="forgetful", version="0", codec="json", abilities=[])
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        n, do, name = command.pop("n"), command.pop("do"), command.pop("client")
        if do == "open":
            clients[name] = Client(name, command["options"])
        elif do == "connect":
            tasks.append(asyncio.create_task(clients[name].run()))
        elif do == "credential":
            clients[name].token.set_result(command["token"])
        elif do == "send":
            await clients[name].send(**command)
        tell(on="done", n=n)


asyncio.run(main())
