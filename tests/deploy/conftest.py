"""Where the things under test lie, and how a program is run."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
HUBWIRE = os.environ.get("HUBWIRE_BIN", str(ROOT / "target/debug/hubwire"))


def run(*command, **options):
    """What a program printed; fails with what it said when it is not content."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HUBWIRE_")}
    environment.update(options.pop("environment", {}))
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=environment, timeout=300, **options
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
