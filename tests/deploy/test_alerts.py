"""Alerts are taken by Prometheus, fire on what they are for and on nothing else, and each has its section in the runbook."""

import os
import re

import yaml
from conftest import DEPLOY, ROOT, run

ALERTS = DEPLOY / "prometheus/alerts.yaml"
PROMTOOL = os.environ["PROMTOOL"]


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_prometheus_takes_the_rules():
    assert f"{len(rules())} rules found" in run(PROMTOOL, "check", "rules", "--lint-fatal", ALERTS)


def test_each_alert_fires_on_what_it_is_for_and_none_on_a_healthy_cluster():
    cases = DEPLOY / "prometheus/alerts.test.yaml"
    run(PROMTOOL, "test", "rules", cases)
    fired = set(re.findall(r'alertname="(\w+)"', cases.read_text()))
    assert fired == {rule["alert"] for rule in rules()}


def test_each_alert_has_a_section_in_the_runbook_and_each_section_an_alert():
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("critical", "warning")
