"""Where the things under test lie, how a program is run, and a node to ask."""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HUBWIRE = os.environ.get("HUBWIRE_BIN", str(ROOT / "target/debug/hubwire"))
# where the npm packages are; a program in a file looks for its packages beside it
TOOLS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "documents"


def plain_environment():
    """Without options of a node: one that it does not know would end it."""
    return {key: value for key, value in os.environ.items() if not key.startswith("HUBWIRE_")}


def run(*command, environment=None, seconds=300, folder=None):
    """What a program printed; fails with what it said when it is not content."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=plain_environment() | (environment or {}),
        timeout=seconds,
        cwd=folder,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Node:
    """A node in development mode, on free ports of loopback."""

    def __init__(self, folder):
        self.public, self.internal = free_port(), free_port()
        environment = plain_environment() | {
            "HUBWIRE_LISTEN_PUBLIC": f"127.0.0.1:{self.public}",
            "HUBWIRE_LISTEN_INTERNAL": f"127.0.0.1:{self.internal}",
            "HUBWIRE_LOG_LEVEL": "error",
            # hundreds of calls with wrong keys come from one address
            "HUBWIRE_LIMITS_WRONG_CREDENTIALS_PER_MINUTE": "0",
        }
        self.log = folder / "node.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([HUBWIRE, "serve", "--dev"], stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 30
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.internal}/readyz", timeout=1) as answer:
                return json.load(answer)["ready"]
        except OSError:
            return False

    def end(self):
        self.process.kill()
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path)
    yield node
    node.end()
