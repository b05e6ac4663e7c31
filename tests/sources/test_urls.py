"""Addresses as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.http.urls import public_url, same_origin, split_userinfo
from feedsvc.sources.http.validators import MAX_FINGERPRINT, Validators


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://example.org/feed?page=2", "https://example.org/feed?page=2"),
        ("https://me:pw@example.org:8443/feed#top", "https://example.org:8443/feed"),
        ("https://example.org/feed?api_key=abc&a=b", "https://example.org/feed?api_key=***&a=b"),
        ("https://example.org/?accessToken=x&SIG=y&design=z", "https://example.org/?accessToken=***&SIG=***&design=z"),
        ("https://example.org/?keyword=chips&author=me", "https://example.org/?keyword=chips&author=me"),
        ("http://[::1", "(an address that is none)"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(url: str, public: str) -> None:
    assert public_url(url) == public


def test_a_login_is_taken_out_of_an_address() -> None:
    assert split_userinfo("https://me:p%40ss@example.org/f") == ("https://example.org/f", ("me", "p@ss"))
    assert split_userinfo("https://example.org/f@2") == ("https://example.org/f@2", None)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert same_origin("https://a.org/x", "https://A.org:443/y")
    assert not same_origin("https://a.org/x", "http://a.org/x")
    assert not same_origin("http://a.org:81/x", "http://a.org/x")
    assert not same_origin("http://[::1", "http://[::1")


@given(
    st.builds(
        Validators,
        etag=st.text(max_size=1024),
        last_modified=st.text(max_size=1024),
        digest=st.text("0123456789abcdef", max_size=64),
        feed_url=st.text(max_size=2048),
    )
)
def test_a_fingerprint_is_short_and_says_what_was_put_in_or_less(validators: Validators) -> None:
    fingerprint = validators.dump()
    parsed = Validators.parse(fingerprint)
    assert len(fingerprint.encode("utf-8", "surrogatepass")) <= MAX_FINGERPRINT
    assert parsed.digest == validators.digest
    assert parsed.etag in (validators.etag, "")


@pytest.mark.parametrize("fingerprint", ["", "nonsense", "[]", "{", "12", '{"etag": null}'])
def test_a_fingerprint_of_somebody_else_says_nothing(fingerprint: str) -> None:
    assert Validators.parse(fingerprint) == Validators()
