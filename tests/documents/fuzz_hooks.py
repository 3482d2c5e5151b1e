"""What OpenAPI cannot say, for the fuzzer: requests that fit the document and are refused all the same, or the reverse."""

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def map_body(context, body):
    return whole_numbers(body)


def whole_numbers(value):
    """To JSON Schema 3.0 is an integer; a node takes 3 only, as the protocol tells the two apart."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole_numbers(inner) for inner in value]
    return value


@schemathesis.hook
def filter_case(context, case):
    path = case.operation.path
    if path == "/v1/presence":
        # one of two must be given, and only a channel has pages
        given = set(case.query or {})
        return given == {"user"} or "channel" in given and "user" not in given
    if path == "/v1/publish":
        return is_one_request(case)
    if path == "/v1/tickets" and isinstance(case.body, dict):
        # how far ahead it may lie is an option, auth.lifetime_max_s
        expires_at = case.body.get("expires_at")
        return not isinstance(expires_at, int) or expires_at < 4_000_000_000
    return True


def is_one_request(case):
    """An array is answered item by item, wrong ones too, and takes no header; one publication has one idempotency key."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(case.body, list):
        return key is None and case.meta.generation.mode is GenerationMode.POSITIVE
    return key is None or not isinstance(case.body, dict) or case.body.get("id", key) == key
