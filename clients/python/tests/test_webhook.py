"""A webhook's signature: computed here by the node's documentation, with the standard library alone."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from hubwire import verify_webhook

BODY = b'{"type":"user.online"}'
AT = 1_795_239_502


def signed(secret: str = "s3cret", body: bytes = BODY, at: int = AT) -> str:
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def test_a_signature_of_the_secret_is_good_for_this_body_alone() -> None:
    assert verify_webhook("s3cret", BODY, signed(), now=AT + 1)
    assert not verify_webhook("s3cret", BODY + b" ", signed(), now=AT + 1)
    assert not verify_webhook("another", BODY, signed(), now=AT + 1)


def test_a_known_signature() -> None:
    # printf 1.x | openssl dgst -sha256 -hmac k
    assert verify_webhook("k", b"x", "t=1,v1=976cb87e4f568d1c0f03f32859e90af8597cf00b978ba37c229c97d3a15b8449", now=1)


@pytest.mark.parametrize("late", [-301, 301])
def test_an_old_one_is_refused(late: int) -> None:
    assert not verify_webhook("s3cret", BODY, signed(), now=AT + late)
    assert verify_webhook("s3cret", BODY, signed(), now=AT + late, tolerance=400)


def test_secrets_and_signatures_may_be_several_while_one_is_replaced() -> None:
    assert verify_webhook(["new", "s3cret"], BODY, signed(), now=AT)
    assert verify_webhook("s3cret", BODY, f"{signed('old')},{signed().split(',')[1]}", now=AT)
    assert not verify_webhook([], BODY, signed(), now=AT)
    assert not verify_webhook("", BODY, signed(""), now=AT)


@pytest.mark.parametrize(
    "header", [None, "", "t=1", "v1=ab", "nonsense", "t=x,v1=ab", "t=١,v1=ab", "t=1,v1=é", "," * 1000]
)
def test_what_is_no_signature_is_refused(header: str | None) -> None:
    assert not verify_webhook("s3cret", BODY, header, now=1)
