"""Pages told from feeds, and the feeds that pages name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.discovery import feed_links, is_page

BASE = "https://example.org/blog/"


@pytest.mark.parametrize(
    ("body", "media_type", "page"),
    [
        (b"<!DOCTYPE html><html></html>", "application/rss+xml", True),
        (b"\xef\xbb\xbf\n<html>", "", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html>', "", True),
        (b"<!-- a note --><html>", "", True),
        (b"<p>no root at all</p>", "text/html", True),
        (b'<?xml version="1.0"?><rss version="2.0">', "text/html", False),
        (b"<rss version='2.0'>", "text/html; charset=utf-8", False),
        (b"<!-- generated --><feed xmlns='x'>", "text/html", False),
        (b"<rdf:RDF>", "text/html", False),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "text/html", False),
        (b"plain", "text/plain", False),
    ],
)
def test_a_page_is_told_from_a_feed_by_its_bytes(body: bytes, media_type: str, *, page: bool) -> None:
    assert is_page(body, media_type) is page


def test_links_are_absolute_each_once_and_comments_come_last() -> None:
    page = b"""<html><head>
      <link rel=alternate type="application/rss+xml" title="Comments" href="comments.xml">
      <link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8" href="/atom.xml">
      <link rel="alternate" type="application/feed+json" href="//cdn.example.org/feed.json">
      <link rel="alternate" type="application/atom+xml" href="/atom.xml">
      <link rel="alternate stylesheet" type="application/rss+xml" href="/no">
      <link rel="alternate" type="text/html" hreflang="de" href="/de">
      <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
      <link rel="alternate" type="application/rss+xml">
      </head><body>"""
    assert feed_links(page, BASE) == [
        "https://example.org/atom.xml",
        "https://cdn.example.org/feed.json",
        "https://example.org/blog/comments.xml",
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_without_feeds_or_with(body: bytes) -> None:
    assert all(link.startswith(("http://", "https://")) for link in feed_links(b"<html>" + body, BASE))
