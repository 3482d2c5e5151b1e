"""The Helm chart renders, for every value that switches something, objects that Kubernetes takes, and options that a node takes."""

import os

import pytest
import yaml
from conftest import DEPLOY, HUBWIRE, ROOT, run
from schema import check

CHART = DEPLOY / "helm/hubwire"
PLAIN = DEPLOY / "kubernetes/hubwire.yaml"
HELM = os.environ["HELM"]
# kinds of the Prometheus operator, which Kubernetes itself does not know
FOREIGN = {"ServiceMonitor", "PrometheusRule"}

SETTINGS = {
    "as it is": (),
    "with everything": (
        "ingress.enabled=true",
        "ingress.tlsSecret=tls",
        "autoscaling.enabled=true",
        "monitoring.enabled=true",
        "monitoring.labels.release=prometheus",
        "redis.storage.className=fast",
        "image.pullSecrets[0].name=registry",
        "nodeSelector.pool=sockets",
        "podAnnotations.team=chat",
        "env[0].name=RUST_BACKTRACE",
        "env[0].value=1",
    ),
    "with a Redis elsewhere": ("redis.enabled=false", "networkPolicy.enabled=false"),
}


def rendered(*settings, release="hubwire"):
    flags = [word for setting in settings for word in ("--set-string" if "env[0].value" in setting else "--set", setting)]
    text = run(HELM, "template", release, CHART, "--namespace", "chat", *flags)
    documents = [document for document in yaml.safe_load_all(text) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_every_object_is_one_that_kubernetes_takes(settings):
    objects = rendered(*settings)
    for (kind, _), document in objects.items():
        if kind not in FOREIGN:
            check(document)
    run(HELM, "lint", "--strict", CHART, *[word for setting in settings for word in ("--set", setting)])


def test_the_check_of_objects_finds_a_misspelt_and_a_missing_field():
    deployment = rendered()["Deployment", "hubwire"]
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = "Always"
    with pytest.raises(AssertionError, match="no field `imagePullPolcy`"):
        check(deployment)
    budget = rendered()["PodDisruptionBudget", "hubwire"]
    budget["spec"]["maxUnavailable"] = 1
    del budget["spec"]["selector"]
    check(budget)
    del deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"]
    del deployment["spec"]["selector"]
    with pytest.raises(AssertionError, match="selector"):
        check(deployment)


def test_what_is_switched_on_is_there_and_nothing_else():
    kinds = lambda *settings: sorted(kind for kind, _ in rendered(*settings))  # noqa: E731
    base = ["ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "Service"]
    assert kinds("redis.enabled=false", "networkPolicy.enabled=false") == base
    assert kinds("networkPolicy.enabled=false") == sorted([*base, "Service", "StatefulSet"])
    assert kinds() == sorted([*base, "Service", "StatefulSet", "NetworkPolicy", "NetworkPolicy"])
    more = ["HorizontalPodAutoscaler", "Ingress", "PrometheusRule", "ServiceMonitor"]
    assert kinds(*SETTINGS["with everything"]) == sorted([*kinds(), *more])


def test_names_selectors_and_ports_fit_together():
    for release, name in (("hubwire", "hubwire"), ("chat", "chat-hubwire")):
        objects = rendered(*SETTINGS["with everything"], release=release)
        pod = objects["Deployment", name]["spec"]["template"]
        labels, container = pod["metadata"]["labels"], pod["spec"]["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        redis = objects["StatefulSet", f"{name}-redis"]["spec"]["template"]
        for service, chosen in ((name, labels), (f"{name}-internal", labels), (f"{name}-redis", redis["metadata"]["labels"])):
            spec = objects["Service", service]["spec"]
            assert spec["selector"].items() <= chosen.items(), service
            assert spec["ports"][0]["targetPort"] in ports | {"redis"}
        assert objects["PodDisruptionBudget", name]["spec"]["selector"]["matchLabels"].items() <= labels.items()
        target = objects["HorizontalPodAutoscaler", name]["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) == ("Deployment", name)
        assert "replicas" not in objects["Deployment", name]["spec"], "the autoscaler says how many there are"
        monitor = objects["ServiceMonitor", name]["spec"]["selector"]["matchLabels"]
        assert monitor.items() <= objects["Service", f"{name}-internal"]["metadata"]["labels"].items()
        assert not monitor.items() <= objects["Service", name]["metadata"]["labels"].items(), "a node is scraped once"
        path = objects["Ingress", name]["spec"]["rules"][0]["http"]["paths"][0]
        assert path["backend"]["service"] == {"name": name, "port": {"name": "public"}}
        variables = {it["name"]: it.get("value") for it in container["env"]}
        assert variables["HUBWIRE_BROKER_URL"] == f"redis://{name}-redis:6379"


def test_redis_is_reached_by_the_nodes_alone_and_the_internal_port_by_those_who_are_named():
    objects = rendered()
    node = objects["Deployment", "hubwire"]["spec"]["template"]["metadata"]["labels"]
    redis = objects["NetworkPolicy", "hubwire-redis"]["spec"]
    (rule,) = redis["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"].items() <= node.items() and redis["egress"] == []
    public, internal = objects["NetworkPolicy", "hubwire"]["spec"]["ingress"]
    assert public == {"ports": [{"port": "public"}]}
    assert internal["ports"] == [{"port": "internal"}] and len(internal["from"]) == 2


def test_a_node_takes_the_configuration_that_is_rendered(tmp_path):
    config = '[auth]\nallowed_origins = ["https://app.example.org"]\n'
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"config": config}))
    text = run(HELM, "template", "hubwire", CHART, "-f", values)
    objects = {document["kind"]: document for document in yaml.safe_load_all(text) if document}
    file = tmp_path / "hubwire.toml"
    file.write_text(objects["ConfigMap"]["data"]["hubwire.toml"])
    container = objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    environment = {it["name"]: it.get("value", "pod-0") for it in container["env"]}
    environment["HUBWIRE_AUTH_JWT_SECRETS"] = environment["HUBWIRE_AUTH_API_KEYS"] = "0123456789abcdef" * 4
    mounted = container["args"][2]
    assert container["args"] == ["serve", "--config", mounted]
    assert mounted.startswith(container["volumeMounts"][0]["mountPath"] + "/")
    said = run(HUBWIRE, "check-config", "--config", file, environment=environment)
    assert "https://app.example.org" in said and "redis" in said


def test_a_wrong_value_is_refused_by_name():
    for setting, named in (("replics=3", "replics"), ("replicas=0", "replicas"), ("redis.maxmemory=lots", "maxmemory")):
        with pytest.raises(AssertionError, match=named):
            rendered(setting)


def test_the_alerts_of_the_chart_are_those_of_the_repository():
    rule = rendered("monitoring.enabled=true")["PrometheusRule", "hubwire"]
    assert rule["spec"] == yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())


def test_the_plain_file_is_what_the_chart_renders():
    head = (
        "# The Helm chart with its default values, for those who use none. Made by `UPDATE=1 tests/deploy/test -k plain`.\n"
        "# kubectl apply -f deploy/kubernetes/hubwire.yaml, after making the secret: see secret.yaml.example.\n"
    )
    text = head + run(HELM, "template", "hubwire", CHART)
    if os.environ.get("UPDATE"):
        PLAIN.write_text(text)
    assert PLAIN.read_text() == text, f"{PLAIN.relative_to(ROOT)} is stale"
