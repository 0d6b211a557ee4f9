"""Secrets in all the forms in which they are printed."""

from __future__ import annotations

import html
import json
import re
import shlex
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrt.expr.filters_text import urlencode
from flowrt.services.masks import MASK, Masks
from flowrt.services.secrets import EnvironmentSecrets

SECRET = "pä$s w'ord\"/<+>"


def in_json(text: str, depth: int, ascii_only: bool) -> str:
    """A text as it stands in JSON that is a text in JSON, and so on."""
    for _ in range(depth):
        text = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    return text


def hidden(secret: str, message: str) -> str:
    masks = Masks()
    masks.add(secret)
    return masks.hide(message)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
        shlex.quote(SECRET)[1:-1],
        repr(SECRET)[1:-1],
        in_json(SECRET, 2, True),
        in_json(SECRET, 3, False),
        quote(quote(SECRET, safe="")),
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        SECRET.encode().hex(),
    ],
)
def test_the_forms_of_a_secret(form: str) -> None:
    assert hidden(SECRET, f"<{form}>") == f"<{MASK}>"


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_within_base64(before: bytes, after: bytes) -> None:
    secret = "correct-horse-battery"
    text = b64encode(before + secret.encode() + after).decode()
    left = hidden(secret, text)
    assert MASK in left
    # what is left tells no more than the bytes at the edges
    assert len(left.replace(MASK, "")) <= len(b64encode(before + after)) + 8


@pytest.mark.parametrize(
    "secret", ["p*ss word~1", "Ab/Cd+efgh", "blank and ~", "100% *sure*", SECRET]
)
def test_encodings_of_expressions(secret: str) -> None:
    """The filter `urlencode`, once and twice, in capitals and not."""
    once = urlencode(secret)
    for form in (once, urlencode(once), quote(once, safe="")):
        lower = re.sub("(?:%[0-9A-F]{2})+", lambda found: found[0].lower(), form)
        for each in (form, lower):
            assert hidden(secret, f"it is {each} here") == f"it is {MASK} here"


def test_each_line_of_a_secret() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nab\r\n-----END KEY-----\n"
    assert hidden(key, "line MIIEvQIBADAN of -----BEGIN KEY-----") == f"line {MASK} of {MASK}"
    assert hidden(key, "ab") == "ab"


def test_short_secrets_are_no_parts_of_words() -> None:
    assert hidden("cat", "concatenate the cat, cat5") == f"concatenate the {MASK}, cat5"
    assert hidden("1234", "pin=1234 id=912345") == f"pin={MASK} id=912345"
    assert hidden("ab", "ab") == "ab" and hidden("", "x") == "x"
    assert hidden("longer", "xlongerx") == f"x{MASK}x"


def test_what_contains_another_goes_as_a_whole() -> None:
    masks = Masks()
    masks.add("secret")
    masks.add("secret-of-secrets")
    assert masks.hide("secret-of-secrets secret") == f"{MASK} {MASK}"
    masks.add("\udcff surrogate")
    assert masks.hide("a \udcff surrogate") == f"a {MASK}"


def test_secrets_that_are_no_base64() -> None:
    secrets = EnvironmentSecrets({"SECRET_A": "aHVzaA==", "SECRET_b": "no base64!", "X": "?"})
    assert secrets.unreadable() == ["B"] and secrets.get("a") == "hush" and secrets.get("b") is None


@given(
    st.lists(st.text("ab_ é-", min_size=3, max_size=9), min_size=1, max_size=4),
    st.text("ab_ é-", max_size=30),
)
def test_what_is_hidden_is_the_longest_form_at_each_place(secrets: list[str], message: str) -> None:
    masks = Masks()
    for each in secrets:
        masks.add(each)
    longest_first = sorted(masks._forms, key=len, reverse=True)
    if not longest_first:
        assert masks.hide(message) == message
        return
    pattern = "|".join(
        re.escape(form) if masks._forms[form] else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in longest_first
    )
    assert masks.hide(message) == re.sub(pattern, MASK, message)


def test_a_secret_may_be_a_file() -> None:
    lines = [f"{number:04}{number * 7919 % 104729:x}+/-{'k' * 60}" for number in range(600)]
    masks = Masks()
    masks.add("\n".join(lines))
    assert masks.hide(f"see {lines[17]}!") == f"see {MASK}!"
    assert masks.hide("\n".join(lines)) == MASK
    assert masks.hide("0017 stays") == "0017 stays"
