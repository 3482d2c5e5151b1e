"""A chat as a stranger would write it who knows no more than: an event has a type and a payload, `send_message`,
`new_message` and `change_room` are events, and a login is answered with a one-time password for the socket.

The application's backend is here, too: it knows the passwords, and gets the one-time passwords from the node.
The URLs and the key come from the environment, HUBWIRE_TEST_*.
"""

import asyncio
import datetime
import http.server
import json
import os
import threading
import urllib.error
import urllib.request

import websockets

HERE = os.environ["HUBWIRE_TEST_URL"].replace("/ws", "/rooms")
THERE = os.environ["HUBWIRE_TEST_NODE"].replace("/ws", "/rooms")
API = os.environ["HUBWIRE_TEST_API"]
API_KEY = os.environ["HUBWIRE_TEST_API_KEY"]
PASSWORDS = {"percy": "123", "kim": "456"}
ROLES = {"percy": ["admin"], "kim": []}
DEADLINE_S = 20


def post(url, body, headers=None):
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
        return json.load(response)


class Login(http.server.BaseHTTPRequestHandler):
    """The application's backend: a password for a one-time password."""

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = said["username"]
        if PASSWORDS.get(user) != said["password"]:
            return self.send_error(401)
        key = {"Authorization": f"Bearer {API_KEY}"}
        ticket = post(f"{API}/v1/tickets", {"user": user, "orgs": {"acme": {"roles": ROLES[user]}}}, key)["ticket"]
        answer = json.dumps({"otp": ticket}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Login)
threading.Thread(target=backend.serve_forever, daemon=True).start()


def login(username, password=None):
    url = f"http://127.0.0.1:{backend.server_port}/login"
    return post(url, {"username": username, "password": password or PASSWORDS[username]})["otp"]


class Chat:
    def __init__(self, socket):
        self.socket = socket

    @classmethod
    async def enter(cls, url, username):
        return cls(await websockets.connect(f"{url}?otp={login(username)}"))

    async def send(self, kind, **payload):
        await self.socket.send(json.dumps({"type": kind, "payload": payload}))

    async def next(self, kind):
        async with asyncio.timeout(DEADLINE_S):
            event = json.loads(await self.socket.recv())
        assert event["type"] == kind, f"{event} instead of {kind}"
        return event["payload"]

    async def hears(self, message, sender):
        payload = await self.next("new_message")
        assert (payload["message"], payload["from"]) == (message, sender), payload
        sent = datetime.datetime.fromisoformat(payload["sent"])
        assert abs(datetime.datetime.now(datetime.timezone.utc) - sent) < datetime.timedelta(minutes=5), payload
        return payload

    async def says(self, message, sender):
        """What a client says it hears, too, so that it knows that it was said."""
        await self.send("send_message", message=message, **{"from": "somebody else"})
        return await self.hears(message, sender)

    async def is_refused(self, code, event=None):
        payload = await self.next("error")
        assert (payload["code"], payload.get("event")) == (code, event), payload

    async def is_closed(self, code):
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    await self.socket.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd and closed.rcvd.code == code, closed


async def refused_with(status, url, **headers):
    try:
        await websockets.connect(url, **headers)
    except websockets.InvalidStatus as refused:
        assert refused.response.status_code == status, refused.response
    else:
        raise AssertionError(f"{url} is not refused")


async def only_a_one_time_password_opens_a_socket():
    try:
        login("percy", "wrong")
        raise AssertionError("a wrong password is taken")
    except urllib.error.HTTPError as refused:
        assert refused.code == 401
    otp = login("percy")
    # a page that is not listed is told so, and the password is not spent
    foreign = Chat(await websockets.connect(f"{HERE}?otp={otp}", origin="https://evil.example"))
    await foreign.is_closed(4403)
    page = Chat(await websockets.connect(f"{HERE}?otp={otp}", origin="https://app.example.org"))
    await page.says("from a page", "percy")
    await refused_with(401, f"{THERE}?otp={otp}")
    await refused_with(401, f"{HERE}?otp={'A' * 43}")
    await page.socket.close()
    # or the first event brings it, and none before it counts
    late = Chat(await websockets.connect(HERE))
    await late.send("send_message", message="too soon")
    await late.is_refused("unauthenticated", "send_message")
    await late.send("auth", otp=login("percy"))
    await late.hears("from a page", "percy")  # the newest message of the room it begins in
    await late.socket.close()


async def a_room_hears_what_is_said_there_and_no_other_room_does():
    percy, kim = await Chat.enter(HERE, "percy"), await Chat.enter(THERE, "kim")
    for newcomer in percy, kim:
        await newcomer.hears("from a page", "percy")
    said = await percy.says("hi kim", "percy")
    assert said["room"] == "general"
    assert await kim.hears("hi kim", "percy") == said
    # without waiting for anything: where it is said is where the client moved to
    await percy.send("change_room", name="Games & more")
    await percy.says("who plays?", "percy")
    # a room that cannot be is none to move to
    await percy.send("change_room", name="")
    await percy.is_refused("bad_address", "change_room")
    second_tab = await Chat.enter(THERE, "percy")
    await second_tab.hears("hi kim", "percy")
    await second_tab.says("only in general", "percy")
    await kim.hears("only in general", "percy")
    await kim.send("change_room", name="Games & more", occupancy=True)
    await kim.hears("who plays?", "percy")
    occupancy = await kim.next("occupancy")
    assert occupancy == {"name": "Games & more", "count": 2, "users": ["kim", "percy"]}, occupancy
    await percy.says("still here", "percy")
    await kim.hears("still here", "percy")
    await the_rooms_are_listed(percy, {"Games & more": 2, "general": 1})
    await kim.send("list_rooms")
    await kim.is_refused("forbidden", "list_rooms")
    await percy.send("change_room", name="general")
    await percy.hears("only in general", "percy")
    occupancy = await kim.next("occupancy")
    assert occupancy == {"name": "Games & more", "count": 1, "left": ["percy"]}, occupancy
    for chat in percy, kim, second_tab:
        await chat.socket.close()


async def the_rooms_are_listed(chat, expected):
    """A node that somebody left a moment ago may still count it."""
    async with asyncio.timeout(DEADLINE_S):
        rooms = None
        while rooms != expected:
            await chat.send("list_rooms")
            payload = await chat.next("rooms")
            assert not payload["more"], payload
            rooms = {room["name"]: room["count"] for room in payload["rooms"]}


async def what_is_no_event_is_refused_and_what_is_too_long_ends_the_socket():
    chat = await Chat.enter(HERE, "kim")
    await chat.hears("only in general", "percy")
    await chat.send("shout", message="hi")
    await chat.is_refused("unknown_type")
    await chat.send("send_message", message=7)
    await chat.is_refused("bad_payload", "send_message")
    await chat.socket.send("hello")
    await chat.is_refused("bad_syntax")
    await chat.send("send_message", message="x" * 70_000)
    await chat.is_closed(1009)


async def main():
    await only_a_one_time_password_opens_a_socket()
    await a_room_hears_what_is_said_there_and_no_other_room_does()
    await what_is_no_event_is_refused_and_what_is_too_long_ends_the_socket()
    print("all jobs done")


asyncio.run(main())
