"""The article's own address, from explicit evidence alone.

Pure. The first link of a body is the article's own in one case of twenty, so it is never taken; what counts is what the
document says (`link`), a canonical link, a link whose class or label names the original.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from feedsvc.model.catalog import form
from feedsvc.rules.addresses import absolute, is_web, link_target, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.rules.case import Case, Findings

_ASKED = 300  # links of a body
_LABEL_CHARACTERS = 24  # before a link
_NAMED_BY_CLASS = re.compile(
    r"(?:^|[\s_-])(?:origin-?url|original-?url|source-?url|canonical|u-url)(?:$|[\s_-])", re.IGNORECASE
)
_SAYS_ORIGINAL = re.compile(
    r"\W*(?:(?:点击)?(?:查看|阅读)原文|原文(?:链接|地址|网址|連結)|原文を読む|元記事|원문(?: ?보기)?)\W*\Z"
)
_LABELS_ORIGINAL = re.compile(
    r"(?:原文(?:链接|地址|网址|連結)|本文(?:链接|地址)|文章(?:链接|地址)|永久链接)\s?[:：]\s?\Z"
)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|pdf|mp[34]|m4a|zip|rar|7z|exe|apk)\Z", re.IGNORECASE)


def original_url(case: Case, findings: Findings) -> Findings:
    """Find the address of the original; "" where nothing names it."""
    said = case.draft.link.strip()
    if said:
        url = _resolved(said, findings.base_url)
        if url and unwrapped(said) != said:
            findings = findings.noting("links.redirector", "url", said, url)
        if url:
            return findings._replace(url=url)
    if findings.tree is None or form(case.draft.form).is_feed:
        return findings
    for rule, address in _evidence(findings.tree, findings.base_url):
        url = _resolved(address, findings.base_url)
        if url and not _FILE.search(urlsplit(url).path):
            return findings._replace(url=url).noting(rule, "url", said, url)
    return findings


def _resolved(address: str, base: str) -> str:
    try:
        url = link_target(absolute(address, base), base)
    except ValueError:
        return ""
    return url if is_web(url) else ""


def _evidence(tree: Any, base: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for node in tree.css('link[rel="canonical"], meta[property="og:url"]'):
        yield "links.canonical", node.attributes.get("href") or node.attributes.get("content") or ""
    for node in tree.css("a[href]")[:_ASKED]:
        given = node.attributes
        address = given.get("href") or ""
        if not address.startswith(("http://", "https://")):
            continue
        if _NAMED_BY_CLASS.search(f"{given.get('class') or ''} {given.get('id') or ''}"[:500]):
            yield "links.class", address
        elif (_SAYS_ORIGINAL.match((node.text() or "").strip()[:100]) or _is_labelled(node)) and _is_own(
            address, tree, base
        ):
            yield "links.label", address


def _is_own(address: str, tree: Any, base: str) -> bool:  # noqa: ANN401
    """Say whether it is on the site itself: a translation labels the foreign article that it was made from."""
    pictures = (node.attributes.get("src") or "" for node in tree.css("img[src]")[:_ASKED])
    return _site(address) in {_site(other) for other in (base, *pictures) if is_web(other)}


def _site(address: str) -> str:
    try:
        return ".".join((urlsplit(unwrapped(address)).hostname or "").split(".")[-2:])
    except ValueError:
        return ""


def _is_labelled(node: Any) -> bool:  # noqa: ANN401
    before = node.prev
    if before is None or before.tag != "-text":
        return False
    return bool(_LABELS_ORIGINAL.search((before.text_content or "")[-_LABEL_CHARACTERS:]))
