"""`deploy/release` makes a package that installs, a program with its symbols apart, and a bill of materials. The image is linted."""

import json
import os
import shutil
import stat
import tomllib

import pytest
from conftest import DEPLOY, HUBWIRE, ROOT, run
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    out = tmp_path_factory.mktemp("release")
    run(DEPLOY / "release", "--binary", HUBWIRE, out)
    return out


def installed(package, root):
    """Installs the package below a directory, with its scripts, and without touching this machine."""
    (root / "var/lib/dpkg/updates").mkdir(parents=True)
    (root / "var/lib/dpkg/info").mkdir()
    (root / "var/lib/dpkg/status").touch()
    rights = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    options = [f"--root={root}", "--force-script-chrootless", "--force-depends", "--log=/dev/null"]
    return lambda *action: run(*rights, "dpkg", *options, *action)


def test_the_package_installs_a_node_that_starts_and_goes_without_a_trace(release, tmp_path):
    (package,) = release.glob("hubwire_*.deb")
    dpkg = installed(package, tmp_path)
    dpkg("--install", package)
    program = tmp_path / "usr/bin/hubwire"
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert version in run(program, "--version")
    run(program, "check-config", "--config", tmp_path / "etc/hubwire/hubwire.toml", "--auth-dev", "true")
    secrets = tmp_path / "etc/hubwire/environment"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600

    pages = {page.name for page in (tmp_path / "usr/share/man/man1").iterdir()}
    assert {"hubwire.1.gz", "hubwire-serve.1.gz", "hubwire-doctor.1.gz"} <= pages

    unit = (tmp_path / "usr/lib/systemd/system/hubwire.service").read_text()
    assert "\nExecStart=/usr/bin/hubwire serve --config /etc/hubwire/hubwire.toml\n" in unit
    assert "\nDynamicUser=yes\n" in unit and "\nEnvironmentFile=-/etc/hubwire/environment\n" in unit

    secrets.write_text("HUBWIRE_AUTH_API_KEYS=kept\n")
    dpkg("--install", package)
    assert secrets.read_text() == "HUBWIRE_AUTH_API_KEYS=kept\n", "an upgrade keeps secrets"
    dpkg("--remove", "hubwire")
    assert not program.exists() and secrets.exists(), "a removal keeps the configuration"
    dpkg("--purge", "hubwire")
    assert not (tmp_path / "etc/hubwire").exists()


def test_the_package_names_the_c_library_it_needs(release):
    (package,) = release.glob("hubwire_*.deb")
    depends = run("dpkg-deb", "--field", package, "Depends")
    needed = run("bash", "-c", f"grep -aoE 'GLIBC_2\\.[0-9]+' {release}/hubwire | sort -Vu | tail -n 1").strip()
    assert depends.strip() == f"libc6 (>= {needed.removeprefix('GLIBC_')}), libgcc-s1"


def test_names_and_lines_are_apart_from_the_program_which_leads_to_them(release):
    sections = lambda file: run("objdump", "-h", release / file)  # noqa: E731
    assert ".debug_line" in sections("hubwire.debug") and ".debug_line" not in sections("hubwire")
    assert ".gnu_debuglink" in sections("hubwire")
    assert "hubwire::main" in run("nm", "-C", release / "hubwire.debug")
    assert "hubwire::main" not in run("nm", "-C", release / "hubwire")


def test_the_bill_of_materials_is_valid_complete_and_the_same_each_time(release):
    text = (release / "hubwire.cdx.json").read_text()
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    assert fault is None, fault
    assert run(DEPLOY / "sbom") == text
    document = json.loads(text)
    names = {component["name"] for component in document["components"]}
    assert {"actix", "redis", "serde_json", "hubwire-actors", "hubwire-protocol"} <= names
    assert not {"criterion", "proptest", "tempfile"} & names, "what only tests use is not in the program"
    described = {component["bom-ref"] for component in document["components"]}
    described.add(document["metadata"]["component"]["bom-ref"])
    assert described == {entry["ref"] for entry in document["dependencies"]}
    unlicensed = [it["name"] for it in document["components"] if "licenses" not in it]
    assert unlicensed == []


def test_the_image_passes_its_linter():
    linter = shutil.which("hadolint", path=f"{os.path.dirname(os.sys.executable)}:{os.environ['PATH']}")
    run(linter, "--failure-threshold", "info", DEPLOY / "docker/Dockerfile")
