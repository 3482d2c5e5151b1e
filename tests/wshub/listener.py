"""A listener as any service of WS-HUB's users may be: redis-py and the channels of the contract, nothing else.

It gives each new client its groups, and prints each client and each message as a line of JSON.
Arguments: the port of Redis, the groups.
"""

import json
import sys

import redis

port, groups = int(sys.argv[1]), sys.argv[2]
server = redis.Redis(host="127.0.0.1", port=port)
listener = server.pubsub()
listener.subscribe("ws-hub:client-new")
listener.psubscribe("ws-hub:client-data:*")

for message in listener.listen():
    if message["type"] == "message":
        key = message["data"].decode()
        server.publish("ws-hub:groups-new:" + key, groups)
        print(json.dumps({"new": key}), flush=True)
    elif message["type"] == "pmessage":
        key = message["channel"].decode().removeprefix("ws-hub:client-data:")
        print(json.dumps({"from": key, "data": message["data"].decode()}), flush=True)
    elif message["type"] == "psubscribe":
        print(json.dumps({"ready": True}), flush=True)
