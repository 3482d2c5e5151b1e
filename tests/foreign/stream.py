"""Sessions without WebSockets through the load balancer, with Python's standard library: events down, posts up.

usage: stream.py     (the URLs and secrets come from the environment, HUBWIRE_TEST_*)
"""

import http.client
import json
import os
import urllib.parse
import urllib.request
from urllib.error import HTTPError

from jobs import API, API_KEY, DEADLINE_S, URL, publish_by_api, token

HOST = urllib.parse.urlsplit(URL).netloc
NODE = urllib.parse.urlsplit(os.environ["HUBWIRE_TEST_NODE"]).netloc


def request(method, url, headers=None, body=None):
    """Status and body of one request, whatever the status."""
    data = None if body is None else body.encode()
    asked = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE_S) as response:
            return response.status, response.read().decode(), response.headers
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers


class Stream:
    """One stream; what arrives is kept in order until it is asked for."""

    def __init__(self, user=None, query="", orgs=None, host=HOST):
        self.connection = http.client.HTTPConnection(host, timeout=DEADLINE_S)
        headers = {"Authorization": f"Bearer {token(user, orgs or {})}"} if user else {}
        self.connection.request("GET", f"/stream{query}", headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.getheader("Content-Type") == "text/event-stream"
        self.inbox, self.asked = [], 0
        kind, named = self.event()
        assert kind == "session", kind
        self.session, self.key = named["session"], named["key"]

    def event(self):
        kind, data = "message", []
        while True:
            line = self.response.readline().decode()
            assert line, "the stream broke off"
            line = line.rstrip("\n")
            if not line and data:
                return kind, json.loads("\n".join(data))
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])

    def next(self, kind, re=None):
        def fits(action):
            return action["type"] == kind and (re is None or action["meta"]["hub"]["re"] == re)

        for at, action in enumerate(self.inbox):
            if fits(action):
                return self.inbox.pop(at)
        while True:
            event, action = self.event()
            assert event == "message", (event, action)
            if fits(action):
                return action
            self.inbox.append(action)

    def post(self, *actions, key=None, session=None, text=None):
        url = f"http://{HOST}/stream/{session or self.session}"
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        return request("POST", url, headers, text or json.dumps(actions))

    def send(self, kind, to=None, payload=None, **hub):
        self.asked += 1
        meta = {"id": f"p{self.asked}", **hub, **({"to": to} if to else {})}
        status, said, _ = self.post({"type": kind, "payload": payload, "meta": {"hub": meta}})
        assert (status, said) == (202, ""), (status, said)
        return meta["id"]

    def drop(self):
        self.response.close()
        self.connection.close()


def sessions_of(user):
    headers = {"Authorization": f"Bearer {API_KEY}"}
    return len(json.loads(request("GET", f"{API}/v1/users/{user}/sessions", headers)[1])["sessions"])


def until(holds, what):
    """Asks again until it holds; each question is a request, so it is no busy loop."""
    for _ in range(5000):
        if holds():
            return
    raise AssertionError(what)


def posts_reach_the_session_from_any_node():
    alice = Stream("alice", orgs={"acme": {}})
    assert alice.next("@@hub/welcome")["payload"]["user"] == "alice"
    bob = Stream("bob", orgs={"acme": {}})
    bob.next("@@hub/welcome")
    for stream in (alice, bob):
        stream.next("@@hub/joined", re=stream.send("@@hub/join", "ch:acme/streams"))
    for n in range(12):  # the balancer takes turns, so most of them come to another node
        ack = alice.next("@@hub/ack", re=alice.send("test/said", "ch:acme/streams", {"n": n, "text": "a\nü"}))
        assert ack["payload"]["pos"]
    assert [bob.next("test/said")["payload"]["n"] for _ in range(12)] == list(range(12))
    ack = alice.next("@@hub/ack", re=alice.send("test/whisper", "user:bob", [1]))
    assert ack["payload"]["sessions"] == 1, ack
    assert bob.next("test/whisper")["meta"]["hub"]["from"] == "alice"
    print("posts reach their session from any node, in order")
    return alice, bob


def what_is_wrong_is_said(alice, bob):
    other = alice.session[:-1] + ("0" if alice.session[-1] != "0" else "1")
    assert alice.post({}, key="wrong")[0] == 404
    assert alice.post({}, key=bob.key)[0] == 404
    assert alice.post({}, session=other)[0] == 404
    assert alice.post({}, session="x")[0] == 400
    assert request("POST", f"http://{HOST}/stream/{alice.session}", {"Content-Type": "application/json"}, "{}")[0] == 401
    assert alice.post(text=json.dumps(["x" * 70_000]))[0] == 413
    assert alice.post(text="{")[0] == 202  # it was brought; what is wrong with it stands on the stream
    assert alice.next("@@hub/error")["payload"]["code"] == "bad_syntax"
    assert request("GET", f"http://{HOST}/stream", {"Authorization": "Bearer wrong"})[0] == 401
    assert request("GET", f"http://{HOST}/stream", {"Origin": "https://evil.example"})[0] == 403
    page = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
    status, _, headers = request("OPTIONS", f"http://{HOST}/stream/{alice.session}", page)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, page["Origin"])
    print("what is wrong is said by a status, or on the stream")


def a_first_message_authenticates():
    stream = Stream()
    stream.send("@@hub/auth", payload={"token": token("carol", {}), "device": "d1"})
    assert stream.next("@@hub/welcome")["payload"]["user"] == "carol"
    url, key = f"http://{HOST}/stream/{stream.session}", {"Authorization": f"Bearer {stream.key}"}
    assert request("DELETE", url, {"Authorization": "Bearer wrong"})[0] == 404
    assert request("DELETE", url, key)[0] == 204
    until(lambda: sessions_of("carol") == 0, "the session of a client that is done ends")
    assert request("DELETE", url, key)[0] == 404
    print("a first message authenticates, and a client that is done says so")


def a_session_ends_with_its_client():
    stream = Stream("frank", host=NODE)  # a balancer may notice only when it has something to write
    stream.next("@@hub/welcome")
    until(lambda: sessions_of("frank") == 1, "the session is there")
    stream.drop()
    until(lambda: sessions_of("frank") == 0, "the session of a client that is gone ends")
    print("a session ends with its client")


def a_stream_resumes_what_it_missed():
    stream = Stream("dave", "?device=d1&hold=true")
    stream.send("@@hub/live")
    position = stream.next("@@hub/welcome")["payload"]["resume"]["user:dave"]
    stream.drop()
    for n in range(5):
        publish_by_api("user:dave", "test/missed", n)
    stream = Stream("dave", "?device=d1&hold=true")
    stream.send("@@hub/resume", payload={"positions": {"user:dave": position}})
    assert stream.next("@@hub/resumed")["payload"]["recovered"] is True
    assert [stream.next("test/missed")["payload"] for _ in range(5)] == list(range(5))
    print("a stream resumes what it missed")
    return stream


def a_slow_reader_gets_everything_in_order():
    stream = Stream("erin")
    stream.next("@@hub/welcome")
    for n in range(300):  # 6 MB: far more than the outbox, the response and the kernel hold
        publish_by_api("user:erin", "test/long", [n, "x" * 20_000])
    assert [stream.next("test/long")["payload"][0] for _ in range(300)] == list(range(300))
    stream.drop()
    print("a slow reader gets everything in order")


def a_close_is_an_event(stream):
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    request("POST", f"{API}/v1/users/dave/disconnect", headers, "{}")
    assert stream.event() == ("close", {"code": 4403, "reason": "forbidden"})
    assert stream.response.read() == b"", "the response is complete"
    print("a close is an event")


def main():
    alice, bob = posts_reach_the_session_from_any_node()
    what_is_wrong_is_said(alice, bob)
    a_first_message_authenticates()
    a_session_ends_with_its_client()
    a_close_is_an_event(a_stream_resumes_what_it_missed())
    a_slow_reader_gets_everything_in_order()
    print("all jobs done")


if __name__ == "__main__":
    main()
