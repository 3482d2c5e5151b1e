"""The main jobs through the load balancer, as a Python program would do them: websockets, msgpack, standard library.

usage: jobs.py json|msgpack     (the URLs and secrets come from the environment, HUBWIRE_TEST_*)
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import urllib.request

import msgpack
import websockets

URL = os.environ["HUBWIRE_TEST_URL"]
API = os.environ["HUBWIRE_TEST_API"]
API_KEY = os.environ["HUBWIRE_TEST_API_KEY"]
JWT_SECRET = os.environ["HUBWIRE_TEST_JWT_SECRET"].encode()
CODEC = sys.argv[1] if len(sys.argv) > 1 else "json"
DEADLINE_S = 20


def token(user, orgs):
    """A JWT made by hand (RFC 7519, HS256)."""

    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"sub": user, "exp": 4102444800, "orgs": orgs}
    body = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (body + b"." + part(hmac.new(JWT_SECRET, body, hashlib.sha256).digest())).decode()


def publish_by_api(to, kind, payload):
    body = json.dumps({"to": to, "type": kind, "payload": payload}).encode()
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{API}/v1/publish", body, headers)
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
        return json.load(response)


class Client:
    """One socket; what arrives is kept in order until it is asked for."""

    @classmethod
    async def connect(cls, user, orgs=None):
        self = cls()
        self.inbox, self.asked = [], 0
        headers = {"Authorization": f"Bearer {token(user, orgs or {})}"}
        self.socket = await websockets.connect(
            URL, subprotocols=[f"hubwire.v1.{CODEC}"], additional_headers=headers
        )
        assert self.socket.subprotocol == f"hubwire.v1.{CODEC}", self.socket.subprotocol
        self.welcome = (await self.next("@@hub/welcome"))["payload"]
        assert self.welcome["user"] == user, self.welcome
        return self

    async def send(self, action):
        text = CODEC == "json"
        await self.socket.send(json.dumps(action) if text else msgpack.packb(action))

    async def receive(self):
        async with asyncio.timeout(DEADLINE_S):
            frame = await self.socket.recv()
        assert isinstance(frame, str if CODEC == "json" else bytes), type(frame)
        value = json.loads(frame) if CODEC == "json" else msgpack.unpackb(frame)
        self.inbox += value if isinstance(value, list) else [value]

    async def first(self, matches):
        at = 0
        while True:
            while at == len(self.inbox):
                await self.receive()
            if matches(self.inbox[at]):
                return self.inbox.pop(at)
            at += 1

    async def next(self, kind):
        return await self.first(lambda action: action["type"] == kind)

    async def ask(self, kind, to=None, payload=None):
        """Sends with an id and returns the answer to it."""
        self.asked += 1
        hub = {"id": f"py-{self.asked}"}
        if to:
            hub["to"] = to
        await self.send({"type": kind, "payload": payload, "meta": {"hub": hub}})
        answer = await self.first(lambda action: action.get("meta", {}).get("hub", {}).get("re") == hub["id"])
        assert answer["type"] != "@@hub/error", answer
        return answer

    async def publications_until(self, kind):
        """The application's actions up to and including the first of a type."""
        taken = []
        while not taken or taken[-1]["type"] != kind:
            taken.append(await self.first(lambda action: not action["type"].startswith("@@hub/")))
        return taken


async def direct_message():
    u1, u2a, u2b, u1b = [await Client.connect(user) for user in ("u1", "u2", "u2", "u1")]
    nodes = {client.welcome["node"] for client in (u1, u2a, u2b)}
    assert len(nodes) == 3, f"the balancer put three sessions on {nodes}"

    ack = (await u1.ask("chat/whisper", "user:u2", {"text": "hi"}))["payload"]
    assert (ack["sessions"], ack["nodes"]) == (2, 2), ack
    await u1.ask("test/end", "user:u2")
    for client in (u2a, u2b, u1b):
        whisper, _ = await client.publications_until("test/end")
        assert whisper["payload"] == {"text": "hi"}, whisper
        assert whisper["meta"]["hub"]["from"] == "u1", whisper
    assert whisper["meta"]["hub"]["to"] == "user:u2", "the sender's copy says to whom"
    for client in (u2a, u2b):
        await client.ask("@@hub/ping")
    for client in (u1, u2a, u2b, u1b):
        assert not [action for action in client.inbox if action["type"] == "chat/whisper"], client.inbox
        await client.socket.close()
    print("direct message: two sessions on two nodes, the sender's copy, the ack")


async def org_event():
    acme = {"acme": {"roles": [], "teams": []}}
    members = [await Client.connect(f"member-{n}", acme) for n in range(3)]
    for n in range(10):
        await members[0].ask("@@hub/join", f"ch:acme/order/{n}")
    outsider = await Client.connect("outsider", {"other": {"roles": ["admin"], "teams": []}})

    publish_by_api("org:acme", "org/notice", {"n": 1})
    admin = await Client.connect("admin", {"acme": {"roles": ["admin"], "teams": []}})
    await admin.ask("org/notice", "org:acme", {"n": 2})
    publish_by_api("org:acme", "test/end", None)
    for member in members:
        got = [action["payload"] for action in await member.publications_until("test/end")]
        assert got == [{"n": 1}, {"n": 2}, None], got
    publish_by_api("org:other", "test/end", None)
    assert len(await outsider.publications_until("test/end")) == 1
    for client in (*members, outsider, admin):
        await client.socket.close()
    print("organisation event: by API and by role, every member once, nobody else")


async def channel():
    acme = {"acme": {"roles": [], "teams": []}}
    ada, bob = await Client.connect("ada", acme), await Client.connect("bob", acme)
    view = "ch:acme/order/1842"
    await ada.ask("@@hub/join", view)
    await bob.ask("@@hub/join", view)
    joined = await ada.first(lambda action: action["type"] == "@@hub/joined")
    assert joined["payload"]["users"] == ["bob"], joined
    presence = (await ada.ask("@@hub/presence", view))["payload"]["users"]
    assert sorted(user["user"] for user in presence) == ["ada", "bob"], presence
    ack = await bob.ask("order/lineChanged", view, {"line": 3})
    for client in (ada, bob):
        changed = await client.next("order/lineChanged")
        assert changed["meta"]["hub"]["pos"] == ack["payload"]["pos"], changed
    await bob.ask("@@hub/leave", view)
    left = await ada.first(lambda action: action["type"] == "@@hub/left")
    assert left["payload"]["users"] == ["bob"], left
    for client in (ada, bob):
        await client.socket.close()
    print("channel: join, presence, publish, leave")


async def resume():
    before = await Client.connect("eve")
    sender = await Client.connect("bob")
    await sender.ask("test/n", "user:eve", 0)
    position = (await before.next("test/n"))["meta"]["hub"]["pos"]
    await before.socket.close()
    for n in range(1, 6):
        await sender.ask("test/n", "user:eve", n)
    after = await Client.connect("eve")
    assert after.welcome["node"] != sender.welcome["node"], "the balancer chose the emptier node"
    resumed = await after.ask("@@hub/resume", payload={"positions": {"user:eve": position}})
    assert resumed["payload"]["recovered"] is True, resumed
    await sender.ask("test/end", "user:eve")
    got = [action["payload"] for action in await after.publications_until("test/end")]
    assert got == [1, 2, 3, 4, 5, None], got
    print("resume: what was missed, in order, once")


async def main():
    for job in (direct_message, org_event, channel, resume):
        await job()
    print("all jobs done")


if __name__ == "__main__":
    asyncio.run(main())
