"""Holds a Kubernetes object to the types of Kubernetes' own Python client: no unknown field, none missing, no wrong type."""

import re

from kubernetes import client

MODELS = {
    "apps/v1": "V1",
    "autoscaling/v2": "V2",
    "networking.k8s.io/v1": "V1",
    "policy/v1": "V1",
    "v1": "V1",
}
SIMPLE = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object, "datetime": str}


def check(document):
    """Raises with the path of the first fault."""
    version, kind = document["apiVersion"], document["kind"]
    assert version in MODELS, f"{kind}: this test does not know {version}"
    check_object(document, f"{MODELS[version]}{kind}", kind)


def check_object(value, model_name, path):
    model = getattr(client, model_name)
    assert isinstance(value, dict), f"{path} is no object: {value!r}"
    names = {json: python for python, json in model.attribute_map.items()}
    for name, inner in value.items():
        assert name in names, f"{path} has no field `{name}`"
        check_value(inner, model.openapi_types[names[name]], f"{path}.{name}")
    # the client refuses to make an object without a field that must be there, or with a value that may not be
    try:
        model(**{names[name]: inner for name, inner in value.items()})
    except ValueError as fault:
        raise AssertionError(f"{path}: {fault}") from None


def check_value(value, kind, path):
    if listed := re.fullmatch(r"List\[(.+)\]", kind):
        assert isinstance(value, list), f"{path} is no list: {value!r}"
        for index, inner in enumerate(value):
            check_value(inner, listed[1], f"{path}[{index}]")
    elif mapped := re.fullmatch(r"Dict\[str, (.+)\]", kind):
        assert isinstance(value, dict), f"{path} is no map: {value!r}"
        for name, inner in value.items():
            check_value(inner, mapped[1], f"{path}.{name}")
    elif kind in SIMPLE:
        whole = isinstance(value, SIMPLE[kind]) and (kind in ("bool", "object") or not isinstance(value, bool))
        assert whole, f"{path} should be {kind}: {value!r}"
    else:
        check_object(value, kind, path)
