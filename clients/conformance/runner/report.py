"""What is printed."""

from __future__ import annotations

from .scenario import Scenario


class Report:
    """A line per scenario as it ends, the failures at the end, and the count."""

    def __init__(self) -> None:
        self._passed = 0
        self._skipped = 0
        self._failures: list[str] = []

    def passed(self, scenario: Scenario, stack: str, seconds: float) -> None:
        """It holds."""
        self._passed += 1
        self._line(scenario, stack, "ok", f"{seconds:5.1f} s")

    def skipped(self, scenario: Scenario, stack: str, why: str) -> None:
        """It was not played."""
        self._skipped += 1
        self._line(scenario, stack, "skipped", why)

    def failed(self, scenario: Scenario, stack: str, seconds: float, why: str) -> None:
        """It does not hold."""
        self._failures.append(f"---- {scenario.id} ({stack}): {scenario.title}\n{why}")
        self._line(scenario, stack, "FAILED", f"{seconds:5.1f} s")

    def close(self) -> int:
        """Prints the rest; the exit status."""
        for failure in self._failures:
            print(f"\n{failure}")
        print(f"\n{self._passed} passed, {len(self._failures)} failed, {self._skipped} skipped", flush=True)
        return 1 if self._failures else 0

    def _line(self, scenario: Scenario, stack: str, outcome: str, detail: str) -> None:
        print(f"{scenario.id}  {stack:7}  {outcome:7}  {detail:8}  {scenario.title}", flush=True)
