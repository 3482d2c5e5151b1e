"""The published package installs from its own archive, is complete, and needs no newer Python than declared."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent
USE = """
import hubwire, importlib.metadata as metadata, pathlib
assert metadata.version("hubwire") == hubwire.__version__
assert [it for it in metadata.requires("hubwire")] == ["websockets>=13"], metadata.requires("hubwire")
assert (pathlib.Path(hubwire.__file__).parent / "py.typed").is_file()
assert all(hasattr(hubwire, name) for name in hubwire.__all__)
print(hubwire.__file__)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # the source archive, and the wheel from that archive
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(PACKAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_wheel_installs_and_is_used(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(command, check=True, timeout=120)
    used = subprocess.run([python, "-W", "error", "-c", USE], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert used.returncode == 0, used.stderr
    assert str(tmp_path) in used.stdout


def test_the_archives_hold_what_they_should(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(PACKAGE / "src")) for path in (PACKAGE / "src").rglob("*.py")}
    assert modules | {"hubwire/py.typed"} <= in_wheel
    assert not [name for name in in_wheel if "test" in name]
    assert {name.rpartition("/")[2] for name in in_wheel} >= {"LICENSE-MIT", "LICENSE-APACHE"}
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "CHANGELOG.md", "pyproject.toml", "src/hubwire/py.typed"} <= names


def test_importing_it_has_no_side_effect() -> None:
    code = "import threading, asyncio, hubwire; assert threading.active_count() == 1; print('quiet')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("quiet\n", "")


def test_nothing_needs_a_newer_python_than_it_says() -> None:
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "-q", "--no-tips", "--eval-annotations", "-t=3.9-", "--violations"]
    done = subprocess.run([*command, str(PACKAGE / "src")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
