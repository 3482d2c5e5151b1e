"""Real parts to play on: one node in memory, or Redis, three nodes and HAProxy."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from . import tokens
from .processes import Failed, Process, eventually, free_port

REPOSITORY = Path(__file__).resolve().parents[3]
API_KEY = "key-of-the-conformance-scenarios-32-bytes-and-more"


class Node:
    """One node; it keeps its ports when it is started again."""

    def __init__(self, binary: str, label: str, redis: str | None, settings: dict[str, str], directory: Path) -> None:
        self.label = label
        self.public, self.internal, self.agent = free_port(), free_port(), free_port()
        self._binary, self._directory = str(Path(binary).resolve()), directory
        self._environment = {
            "HUBWIRE_NODE_LABEL": label,
            "HUBWIRE_NODE_WORKERS": "2" if label.endswith("2") else "1",
            "HUBWIRE_LISTEN_PUBLIC": f"127.0.0.1:{self.public}",
            "HUBWIRE_LISTEN_INTERNAL": f"127.0.0.1:{self.internal}",
            "HUBWIRE_AGENT_CHECK_LISTEN": f"127.0.0.1:{self.agent}",
            "HUBWIRE_AUTH_JWT_SECRETS": tokens.SECRET,
            "HUBWIRE_AUTH_API_KEYS": API_KEY,
            "HUBWIRE_AUTH_ALLOWED_ORIGINS": "*",  # drivers may be pages
            **({"HUBWIRE_BROKER_URL": redis} if redis else {}),
            **{f"HUBWIRE_{key.upper().replace('.', '_')}": value for key, value in settings.items()},
        }
        self.process = self._start()

    def _start(self) -> Process:
        return Process(self.label, [self._binary, "serve"], self._environment, self._directory)

    def restart(self) -> None:
        """Kills it if it still runs, and starts it again."""
        self.process.kill()
        self.process = self._start()

    def ready(self) -> bool:
        """Whether it serves clients."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.internal}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def call(self, path: str, body: Any = None) -> Any:
        """The server API. Raises `OSError` when it does not answer with success."""
        encoded = None if body is None else json.dumps(body).encode()
        headers = {"X-Api-Key": API_KEY, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.internal}{path}", encoded, headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)


class Redis:
    """A redis-server that keeps its data over a restart, unless it is to lose it."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._directory = directory
        self.process = self._start()

    @property
    def url(self) -> str:
        """Where nodes find it."""
        return f"redis://127.0.0.1:{self.port}"

    def _start(self) -> Process:
        data = self._directory / "redis-data"
        data.mkdir(exist_ok=True)
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(data), "--save", ""]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning"]
        return Process("redis", command, {}, self._directory)

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    async def restart(self, keep: bool) -> None:
        """Kills it and starts it again, with its data or without."""
        self.process.kill()
        if not keep:
            (self._directory / "redis-data").rename(self._directory / f"redis-lost-{free_port()}")
        self.process = self._start()
        await eventually(self.answers, "redis-server answers")


class Rig:
    """A stack that is up."""

    def __init__(self, stack: str, binary: str, settings: dict[str, str]) -> None:
        self.stack = stack
        self._temporary = tempfile.TemporaryDirectory(prefix="hubwire-conformance-")
        self._directory = Path(self._temporary.name)
        self._binary, self._settings = binary, settings
        self.redis: Redis | None = None
        self.nodes: list[Node] = []
        self._balancer: Process | None = None
        self.port = 0

    async def start(self) -> Rig:
        """Starts all and waits until they serve."""
        try:
            if self.stack == "cluster":
                self.redis = Redis(self._directory)
                await eventually(self.redis.answers, "redis-server answers")
            url = self.redis.url if self.redis else None
            labels = ["n1", "n2", "n3"] if self.redis else ["n1"]
            self.nodes = [Node(self._binary, it, url, self._settings, self._directory) for it in labels]
            for node in self.nodes:
                await self.until_ready(node)
            self.port = await self._balance() if self.redis else self.nodes[0].public
        except BaseException:
            self.stop()
            raise
        return self

    async def until_ready(self, node: Node) -> None:
        """Waits for a node."""
        await eventually(
            lambda: node.ready() or node.process.ended, lambda: f"{node.label} is ready\n{node.process.output()}", 30
        )
        if node.process.ended:
            raise Failed(f"{node.label} ended\n{node.process.output()}")

    async def _balance(self) -> int:
        port = free_port()
        environment = {"LB_BIND": f"127.0.0.1:{port}"}
        for number, node in enumerate(self.nodes, 1):
            environment |= {
                f"N{number}_HOST": "127.0.0.1",
                f"N{number}_PORT": str(node.public),
                f"N{number}_READY_PORT": str(node.internal),
                f"N{number}_AGENT_PORT": str(node.agent),
            }
        configuration = REPOSITORY / "deploy/haproxy/haproxy.cfg"
        self._balancer = Process("haproxy", ["haproxy", "-db", "-f", str(configuration)], environment, self._directory)
        await eventually(
            lambda: _listens(port), lambda: f"haproxy listens\n{self._balancer and self._balancer.output()}"
        )
        return port

    def node(self, label: str) -> Node:
        """By its label."""
        return next(node for node in self.nodes if node.label == label)

    def call(self, path: str, body: Any = None) -> Any:
        """The server API of the first node that answers."""
        error: OSError | None = None
        for node in self.nodes:
            if node.process.ended:
                continue
            try:
                return node.call(path, body)
            except urllib.error.HTTPError as refused:
                if refused.code not in (502, 503, 504):
                    raise Failed(f"{path}: {refused.code} {refused.read().decode(errors='replace')}") from refused
                error = refused
            except OSError as gone:
                error = gone
        raise error or OSError("no node runs")

    def live_node(self) -> Node:
        """One that serves."""
        for node in self.nodes:
            if not node.process.ended and node.ready():
                return node
        raise OSError("no node is ready")

    def output(self) -> str:
        """The end of what the nodes wrote."""
        return "\n".join(f"--- {node.label}\n{node.process.output()}" for node in self.nodes)

    def stop(self) -> None:
        """Ends everything."""
        parts = [self._balancer, *(node.process for node in self.nodes), self.redis.process if self.redis else None]
        for process in parts:
            if process is not None:
                process.signal(signal.SIGCONT)
                process.kill()
        self._temporary.cleanup()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
