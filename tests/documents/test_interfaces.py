"""The OpenAPI and the AsyncAPI document pass their linters, and the node does what they say whatever it is sent."""

import json
import os
import shutil
import sys

import pytest
import yaml
from conftest import ROOT, TOOLS, run

OPENAPI = ROOT / "docs/openapi.yaml"
HERE = ROOT / "tests/documents"
SCHEMATHESIS = os.path.join(os.path.dirname(sys.executable), "schemathesis")


def test_the_openapi_document_passes_its_linter():
    redocly = TOOLS / "node_modules/.bin/redocly"
    environment = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    run(redocly, "lint", "--config", HERE / "redocly.yaml", OPENAPI, environment=environment)


def test_the_asyncapi_document_passes_its_parser_and_fits_the_golden_vectors():
    script = shutil.copy(HERE / "asyncapi.mjs", TOOLS)
    run("node", script, ROOT)


def listener(public):
    """The document of one listener: `POST /v1/tickets` is on both, with other credentials and another body."""
    document = yaml.safe_load(OPENAPI.read_text())
    wanted = {"public"} if public else {"server", "operation"}
    paths = {}
    for path, item in document["paths"].items():
        # parameters that stand at the path are those of each of its methods
        shared = item.pop("parameters", [])
        kept = {
            method: dict(it, parameters=shared + it.get("parameters", []))
            for method, it in item.items()
            if wanted & set(it["tags"])
        }
        if kept:
            paths[path] = kept
    document["paths"] = paths
    tickets = paths["/v1/tickets"]["post"]
    if public:
        # off without auth.cookie_keys: 404
        del paths["/v1/session"]
        # has no end, and the others need one that is open
        del paths["/stream"]
        del paths["/stream/{session}"]
        del tickets["requestBody"]
        tickets["security"] = [{"token": []}]
    else:
        tickets["requestBody"]["required"] = True
        tickets["security"] = [{"apiKey": []}]
        # it goes on until its reader goes away
        del paths["/v1/tail"]
        # what cannot be said in the document: one of two parameters, fields by the kind of address, no older than stored
        history = paths["/v1/streams/{stream}/history"]["get"]
        history["parameters"] = [it for it in history["parameters"] if it.get("name") != "after"]
        audit = paths["/v1/audit"]["get"]
        audit["parameters"] = [it for it in audit["parameters"] if it.get("name") != "before"]
        for name in ("select", "except"):
            del document["components"]["schemas"]["Publication"]["properties"][name]
        del paths["/v1/channels/{channel}/snapshot"]
        # they would end the node; the fuzzer learns its incarnation from other answers
        for path in [path for path in paths if path.endswith("/drain")]:
            del paths[path]
    # ids may have a percent sign, and the fuzzer does not always encode one in a path
    schemas = document["components"]["schemas"]
    for name, parameter in (("Channel", "ChannelAddress"), ("User", "Id"), ("Stream", "StreamAddress")):
        schema = dict(schemas[parameter], pattern=schemas[parameter]["pattern"].replace("%", ""))
        document["components"]["parameters"][name]["schema"] = schema
    position = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,14})-(0|[1-9][0-9]{0,13})$"}
    document["components"]["parameters"]["Pos"]["schema"] = position
    for item in paths.values():
        for operation in item.values():
            # nodes write larger ones, too, up to bounds that a pattern says badly
            for parameter in operation["parameters"]:
                if parameter.get("schema", {}).get("$ref", "").endswith("/Position"):
                    parameter["schema"] = position
            # one way in per document: the fuzzer sends the header, and expects a refusal without it
            operation["security"] = [it for it in operation["security"] if "apiKeyBearer" not in it]
    return document


@pytest.mark.parametrize("is_public", [True, False], ids=["public", "internal"])
def test_whatever_is_sent_is_answered_as_the_openapi_document_says(node, tmp_path, is_public):
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(listener(is_public)))
    port = node.public if is_public else node.internal
    token = run(os.environ.get("HUBWIRE_BIN", ROOT / "target/debug/hubwire"), "token", "mint", "--dev", "--user", "u1")
    header = f"Authorization: Bearer {token.strip()}" if is_public else "X-Api-Key: dev"
    # the same cases each time; HUBWIRE_FUZZ_SEED and HUBWIRE_FUZZ_EXAMPLES for others and more
    seed, examples = os.environ.get("HUBWIRE_FUZZ_SEED", "1"), os.environ.get("HUBWIRE_FUZZ_EXAMPLES", "20")
    run(
        *(SCHEMATHESIS, "run", document, "--url", f"http://127.0.0.1:{port}", "--header", header),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", seed),
        *("--continue-on-failure", "--no-color", "--warnings", "off", "--request-timeout", "10"),
        # whether a body is refused is not always a matter of shape: see fuzz_hooks.py
        environment={"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(HERE)},
        seconds=600,
        # it keeps what it found where it runs
        folder=tmp_path,
    )
    assert node.is_ready(), "the node serves after all that"
    assert " panicked at " not in node.log.read_text()
