from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.formats import validity


@pytest.mark.parametrize(
    ("address", "encoded"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        (
            "https://example.org/芯片 一?q=二#三",
            "https://example.org/%E8%8A%AF%E7%89%87%20%E4%B8%80?q=%E4%BA%8C#%E4%B8%89",
        ),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://example.org/%E8%8A%AF?a=%zz", "https://example.org/%E8%8A%AF?a=%25zz"),
        ("https://example.org/a[1].png", "https://example.org/a%5B1%5D.png"),
        ("https://user:secret@example.org:8080/", "https://example.org:8080/"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("HTTPS://example.org", "https://example.org"),
        ("javascript:alert(1)", ""),
        ("//example.org/a", ""),
        ("/a/b", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://example.org:port/", ""),
        ("https://a b.example/", ""),
        ("http://\x7f/", ""),
        ("http://a\x00b.example/", ""),
        ("", ""),
    ],
)
def test_an_address_is_a_uri_or_nothing(address: str, encoded: str) -> None:
    assert validity.uri(address) == encoded


@given(st.text(st.characters(categories=None), max_size=80))
def test_whatever_is_said_to_be_an_address_comes_out_in_ascii_and_stays_so(text: str) -> None:
    for address in (text, f"https://example.org/{text}", f"http://{text}/"):
        encoded = validity.uri(address)
        assert not encoded or (encoded.isascii() and encoded.isprintable() and " " not in encoded)
        assert not encoded or urlsplit(encoded).hostname
        assert validity.uri(encoded) == encoded


@pytest.mark.parametrize(
    "text", ["\0" * 1_000_000, "%" * 1_000_000, "https://" + "a." * 500_000, "https://" + "好" * 300_000]
)
def test_a_megabyte_passes_the_gate_at_once(text: str) -> None:
    started = time.process_time()
    validity.line(text)
    validity.uri(text)
    validity.uri(f"https://example.org/{text}")
    validity.segment(text)
    assert time.process_time() - started < 20


@given(st.text(st.characters(categories=None)))
def test_what_is_scrubbed_can_stand_in_xml_and_stays_so(text: str) -> None:
    scrubbed = validity.scrub(text)
    element = etree.Element("x")
    element.text = scrubbed
    assert not {*scrubbed} & {"\ufffd", "\x7f", *map(chr, range(0x80, 0xA0))}
    assert validity.scrub(scrubbed) == scrubbed or "\xc3" in text or "\xc2" in text


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Z"])), st.text("芯片é\u2028\U0001f600\xa0·，")
)
def test_good_text_is_left_as_it_is(latin: str, more: str) -> None:
    assert validity.scrub(latin + more) == latin + more


def test_what_xml_allows_is_left_as_it_is() -> None:
    allowed = "a\tb\nc\rd \xa0 \u2028 \U0001f600 芯 \ue000 㿾 ﷺ É"
    assert validity.scrub(allowed) == allowed


@pytest.mark.parametrize(
    "bad", ["\0", "\x0b", "\x1b", "\x7f", "\ud800", "\ufdd0", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"]
)
def test_what_xml_forbids_or_discourages_is_replaced_and_not_dropped(bad: str) -> None:
    assert validity.scrub(f"a{bad}b") == "a□b"


@pytest.mark.parametrize(("control", "meant"), [("\x93", "“"), ("\x85", "…"), ("\x80", "€"), ("\x81", "□")])
def test_a_control_of_c1_is_what_a_browser_reads(control: str, meant: str) -> None:
    assert validity.scrub(f"<p>a{control}b</p>") == f"<p>a{meant}b</p>"


@pytest.mark.parametrize(
    ("twice", "once"),
    [
        ("KÃ¤lte Ã¼ber FlÃ¼ssen", "Kälte über Flüssen"),
        ("<p>• CafÃ©Â&nbsp;</p><p>CatalÃ&nbsp;</p>", "<p>• Café\xa0</p><p>Català</p>"),
        ("<p>“é” became “Ã©”</p>", "<p>“é” became “Ã©”</p>"),
        ("Â&nbsp;", "Â&nbsp;"),
        ("SÃO PAULO", "SÃO PAULO"),
        ("Ã\x89tÃ©", "Été"),
    ],
)
def test_text_that_was_encoded_twice_is_decoded_once_more(twice: str, once: str) -> None:
    assert validity.scrub(twice) == once


def test_an_address_keeps_its_characters() -> None:
    assert validity.uri("https://example.org/CafÃ©\ufffd") == "https://example.org/Caf%C3%83%C2%A9%EF%BF%BD"


@pytest.mark.parametrize(
    ("tag", "kept"), [("zh", "zh"), ("zh-Hant-TW", "zh-Hant-TW"), ("", ""), ("zh_CN", ""), ("a b", "")]
)
def test_only_a_language_tag_names_a_language(tag: str, kept: str) -> None:
    assert validity.language(tag) == kept
