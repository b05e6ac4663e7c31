"""A page that lists articles -> a draft for each entry, by the selectors of `[source.page]` or by what repeats; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, FeedHead, PageRules, Parsed
from feedsvc.parsers.listpage.entry import address, anchor_of, date_of, shared_links, title_of, words
from feedsvc.parsers.listpage.repeated_blocks import entries_of
from feedsvc.parsers.webpage.page_facts import text_of
from feedsvc.parsers.webpage.page_limits import is_too_costly

if TYPE_CHECKING:
    from feedsvc.model import RawDocument, Source

FORM = "page"
_WEB = ("http://", "https://")


def parse(raw: RawDocument, source: Source | None) -> Parsed:
    """Return the entries of a list page in document order.

    Raises:
        DocumentError: there are none; a site that was drawn anew needs other selectors.
    """
    rules = source.page if source is not None else PageRules()
    text = text_of(raw.body, raw.media_type)
    if is_too_costly(text, whole=True):
        raise DocumentError("too large: the list page has deeper markup, or larger tags, than a page has")
    tree = LexborHTMLParser(text)
    base = _base(tree, raw)
    found = _chosen(tree, rules.item) if rules.item else entries_of(tree)
    shared = shared_links(found)
    drafts = {
        (draft.link, draft.title): draft
        for node in found
        if (draft := _draft(raw, base, node, rules, shared)) is not None
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


def _draft(raw: RawDocument, base: str, node: Any, rules: PageRules, shared: frozenset[str]) -> Draft | None:  # noqa: ANN401
    anchor = _link(node, rules, shared)
    link = _absolute(base, address(anchor)) if anchor is not None else ""
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


def _link(node: Any, rules: PageRules, shared: frozenset[str]) -> Any:  # noqa: ANN401
    """Return the link to the article, the one selected before any other; one that entries share only where there is no other."""
    chosen = _one(node, rules.link)
    if chosen is not None:
        return chosen if address(chosen) else chosen.css_first("a[href]")
    found = anchor_of(node, shared)
    return found if found is not None else anchor_of(node)


def _title(node: Any, anchor: Any, rules: PageRules) -> str:  # noqa: ANN401
    chosen = _one(node, rules.title)
    return (words(chosen) if chosen is not None else "") or title_of(node, anchor)


def _date(node: Any, rules: PageRules) -> str:  # noqa: ANN401
    if not rules.date:
        return date_of(node)
    chosen = _one(node, rules.date)
    if chosen is None:
        return ""
    given = chosen.attributes
    return (given.get("datetime") or given.get("content") or words(chosen)).strip()


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
