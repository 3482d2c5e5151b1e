"""The command line."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from .application import URL, Application
from .play import Play, Skipped
from .processes import Failed
from .report import Report
from .rig import REPOSITORY, Rig
from .scenario import STACKS, Scenario, load

ONCE = "once"


def main() -> int:
    """Plays, and returns the exit status."""
    arguments = _arguments()
    report = Report()
    asyncio.run(_play_all(arguments, report))
    return report.close()


def _chosen(only: str) -> list[Scenario]:
    """The scenarios that are asked for, with names that were never used."""
    scenarios = load(os.environ.get("HUBWIRE_CONFORMANCE") == "long")
    wanted = set(only.split(",")) if only else {scenario.id for scenario in scenarios}
    unknown = wanted - {scenario.id for scenario in scenarios}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    return [scenario for scenario in scenarios if scenario.id in wanted]


async def _play_all(arguments: argparse.Namespace, report: Report) -> None:
    stacks = STACKS if arguments.stack == ONCE else arguments.stack.split(",")
    for stack in stacks:
        played = [scenario for scenario in _chosen(arguments.only) if stack in scenario.stacks]
        if arguments.stack == ONCE:
            played = [scenario for scenario in played if scenario.stacks[0] == stack]
        shared = None
        if any(not scenario.rig_of_its_own for scenario in played):
            shared = await Rig(stack, arguments.hubwire, {}).start()
        at_once = asyncio.Semaphore(arguments.jobs)
        try:
            await asyncio.gather(*(_play(scenario, stack, shared, arguments, at_once, report) for scenario in played))
        finally:
            if shared is not None:
                shared.stop()


async def _play(
    scenario: Scenario,
    stack: str,
    shared: Rig | None,
    arguments: argparse.Namespace,
    at_once: asyncio.Semaphore,
    report: Report,
) -> None:
    async with at_once:
        began = time.monotonic()
        own = application = None
        play: Play | None = None
        try:
            with tempfile.TemporaryDirectory(prefix="hubwire-driver-") as directory:
                settings = scenario.settings
                if any(URL in value for value in settings.values()):
                    application = Application()
                    settings = application.settings(settings)
                if scenario.rig_of_its_own:
                    own = await Rig(stack, arguments.hubwire, settings).start()
                rig = own or shared
                assert rig is not None
                play = Play(scenario, rig, application, Path(directory) / "driver.log", arguments.verbose)
                try:
                    await asyncio.wait_for(play.run(arguments.driver), scenario.seconds)
                    report.passed(scenario, stack, time.monotonic() - began)
                except Skipped as skipped:
                    report.skipped(scenario, stack, str(skipped))
                except Exception as error:
                    why = "it took too long" if isinstance(error, asyncio.TimeoutError) else _reason(error)
                    report.failed(scenario, stack, time.monotonic() - began, f"{why}\n{play.history()}\n{rig.output()}")
        except Failed as failed:
            report.failed(scenario, stack, time.monotonic() - began, str(failed))
        finally:
            if own is not None:
                own.stop()
            if application is not None:
                application.stop()


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clients/conformance/run", description="Plays the conformance scenarios against a client library."
    )
    parser.add_argument("--driver", required=True, help="command of the driver of the library")
    parser.add_argument(
        "--stack",
        default="memory",
        help="memory, cluster, both with a comma, or once: each on the first it can be played on",
    )
    parser.add_argument("--only", default="", help="scenarios by id, with commas")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios at once")
    parser.add_argument("--hubwire", default=os.environ.get("HUBWIRE_BIN") or _newest_binary(), help="the binary")
    parser.add_argument("--verbose", action="store_true", help="print every command and event")
    arguments = parser.parse_args()
    unknown = set() if arguments.stack == ONCE else set(arguments.stack.split(",")) - set(STACKS)
    if unknown:
        parser.error(f"no such stack: {', '.join(sorted(unknown))}")
    if not arguments.hubwire or not Path(arguments.hubwire).is_file():
        parser.error("there is no hubwire binary; build it with `cargo build`, or name it with --hubwire")
    return arguments


def _newest_binary() -> str | None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [path for path in (target / "debug/hubwire", target / "release/hubwire") if path.is_file()]
    return str(max(built, key=lambda path: path.stat().st_mtime)) if built else None
