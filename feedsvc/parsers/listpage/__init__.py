"""A page that lists articles -> a draft for each entry, by the selectors of `[source.page]` or by what repeats; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, FeedHead, PageRules, Parsed
from feedsvc.parsers.listpage.repeating import HEADINGS, entries_of, words
from feedsvc.parsers.webpage.facts import text_of
from feedsvc.parsers.webpage.guards import is_too_costly

if TYPE_CHECKING:
    from feedsvc.model import RawDocument, Source

FORM = "page"
LIMIT = 500  # entries of one page
_WEB = ("http://", "https://")
_DATE = re.compile(
    r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d{1,2}\.? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?,? \d{4}"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
)
_LOOKED_AT = 2000  # characters of an entry in which its date is looked for


def parse(raw: RawDocument, source: Source | None) -> Parsed:
    """Return the entries of a list page in document order.

    Raises:
        DocumentError: there are none; a site that was drawn anew needs other selectors.
    """
    rules = source.page if source is not None else PageRules()
    text = text_of(raw.body, raw.media_type)
    if is_too_costly(text):
        raise DocumentError("too large: the list page has more markup, or deeper, than a page has")
    tree = LexborHTMLParser(text)
    base = _base(tree, raw)
    found = _chosen(tree, rules.item) if rules.item else entries_of(tree)
    drafts = {
        (draft.link, draft.title): draft
        for node in found[:LIMIT]
        if (draft := _draft(raw, base, node, rules)) is not None
    }
    if not drafts:
        raise DocumentError(_nothing(rules))
    named = tree.css_first("title")
    language = (tree.root.attributes.get("lang") or "") if tree.root is not None else ""
    head = FeedHead(title=words(named) if named is not None else "", link=raw.url, language=language)
    return Parsed(drafts=tuple(drafts.values()), head=head)


def _nothing(rules: PageRules) -> str:
    if rules.item:
        return f"not a list: nothing on the page is an entry by `item` = {rules.item!r}; correct [source.page]"
    return "not a list: nothing on the page repeats as entries do; say in [source.page] where they are"


def _chosen(tree: Any, selector: str) -> list[Any]:  # noqa: ANN401 - selectolax has no types
    try:
        return list(tree.css(selector))
    except SelectolaxError as error:
        raise DocumentError(f"not a list: {selector!r} is no CSS selector; correct [source.page]") from error


def _draft(raw: RawDocument, base: str, node: Any, rules: PageRules) -> Draft | None:  # noqa: ANN401
    anchor = _link(node, rules)
    link = _absolute(base, anchor.attributes.get("href") or "") if anchor is not None else ""
    title = _title(node, anchor, rules)
    if not title and not link:
        return None
    summary = _one(node, rules.summary)
    return Draft(
        source=raw.source,
        locator=raw.locator,
        form=FORM,
        fetched_at=raw.fetched_at,
        link=link,
        base_url=base,
        title=title,
        published=_date(node, rules),
        body=(summary.inner_html or "") if summary is not None else "",
        body_kind="html" if summary is not None else "",
        image=_image(base, node, rules),
    )


def _one(node: Any, selector: str) -> Any:  # noqa: ANN401
    return next(iter(_chosen(node, selector)), None) if selector else None


def _link(node: Any, rules: PageRules) -> Any:  # noqa: ANN401
    """Return the link to the article: the one selected, else that of the heading, else the one with the longest text."""
    chosen = _one(node, rules.link)
    if chosen is not None:
        return chosen if chosen.attributes.get("href") else chosen.css_first("a[href]")
    if node.tag == "a" and node.attributes.get("href"):
        return node
    headed = node.css_first(", ".join(f"{tag} a[href]" for tag in HEADINGS))
    return headed if headed is not None else max(node.css("a[href]"), key=lambda a: len(words(a)), default=None)


def _title(node: Any, anchor: Any, rules: PageRules) -> str:  # noqa: ANN401
    chosen = _one(node, rules.title)
    if chosen is None:
        chosen = node.css_first(", ".join(HEADINGS))
    if chosen is not None and words(chosen):
        return words(chosen)
    return words(anchor) or (anchor.attributes.get("title") or "").strip() if anchor is not None else ""


def _date(node: Any, rules: PageRules) -> str:  # noqa: ANN401
    chosen = _one(node, rules.date)
    if chosen is None and not rules.date:
        chosen = node.css_first("time")
    if chosen is not None:
        given = chosen.attributes
        return (given.get("datetime") or given.get("content") or words(chosen)).strip()
    found = None if rules.date else _DATE.search(words(node)[:_LOOKED_AT])
    return found[0] if found else ""


def _image(base: str, node: Any, rules: PageRules) -> str:  # noqa: ANN401
    chosen = _one(node, rules.image) if rules.image else node.css_first("img")
    if chosen is None:
        return ""
    given = chosen.attributes
    address = next((v for name in ("data-src", "data-original", "src", "href") if (v := given.get(name) or "")), "")
    return _absolute(base, address)


def _base(tree: Any, raw: RawDocument) -> str:  # noqa: ANN401
    named = tree.css_first("base[href]")
    outer = raw.url or raw.locator
    return (_absolute(outer, named.attributes.get("href") or "") if named is not None else "") or outer


def _absolute(base: str, href: str) -> str:
    try:
        address = urljoin(base, href.strip()) if href.strip() else ""
    except ValueError:
        return ""
    return address.partition("#")[0] if address.startswith(_WEB) else ""
