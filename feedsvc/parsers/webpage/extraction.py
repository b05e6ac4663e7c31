"""The article in a page, without what stands around it: trafilatura's fast way (F1 0.92 to 0.96, 16 ms a page); pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedsvc.parsers.bundles import Page
    from feedsvc.parsers.webpage.facts import Facts

_LONGEST = 4 << 20  # characters; a longer page is a book or a bomb, and costs more than a worker may use


def article_of(facts: Facts, page: Page) -> str:
    """Return the HTML of the article in a page, links absolute, "" where there is none."""
    if len(facts.text) > _LONGEST:
        return ""
    import trafilatura  # noqa: PLC0415 - 200 ms, and only pages need it

    found = trafilatura.extract(
        facts.text,
        url=page.url or None,
        fast=True,
        output_format="html",
        include_comments=False,
        include_images=True,
        include_links=True,
        include_formatting=True,
        include_tables=True,
    )
    return _inside_body(found or "")


def _inside_body(document: str) -> str:
    start, end = document.find("<body>"), document.rfind("</body>")
    return document[start + len("<body>") : end].strip() if 0 <= start < end else ""
