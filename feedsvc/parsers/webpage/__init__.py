"""A bundle -> drafts: what a list said of an article, with what the article's own page says; pure.

    unpack -> facts of the page (head, JSON-LD) -> its text (trafilatura) -> choose -> Draft

The list is believed where it speaks; the page fills in the rest. The longer text wins when the two are alike, and the other
one is kept beside it. What says when and by whom stays in the body as the page has it: the rules read it there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.model import Parsed, Repair
from feedsvc.parsers import bundles, syndication
from feedsvc.parsers.webpage.extraction import article_of
from feedsvc.parsers.webpage.page_facts import PageFacts, facts_of, text_of
from feedsvc.parsers.webpage.page_limits import is_too_costly
from feedsvc.parsers.webpage.text_choice import is_better

if TYPE_CHECKING:
    from feedsvc.model import Draft, RawDocument, Source
    from feedsvc.parsers.bundles import Bundle

FORM = "html"
_TOO_MUCH = Repair(
    rule="pages.too-large",
    field="content",
    before="its page, which has more markup, or deeper, than an article has",
    after="what the list says of it",
)


def accepts(raw: RawDocument) -> bool:
    """Return whether `raw` is a bundle; readers see to it that no server can claim that."""
    return raw.media_type == bundles.MEDIA_TYPE


def parse(raw: RawDocument, source: Source | None = None) -> Parsed:
    """Return the drafts of a bundle.

    Raises:
        DocumentError: it is none, the part of a feed in it is no feed, the page is no text, or trafilatura, which finds
            the article in it, is not installed.
    """
    bundle = bundles.unpack(raw)
    if bundle.part_of:
        return _part(raw, bundle, full_text=source is not None and source.full_text)
    if bundle.page is None:
        return Parsed(drafts=bundle.drafts)
    text = text_of(bundle.page.body, bundle.page.media_type)
    if is_too_costly(text):
        return Parsed(drafts=tuple(replace(draft, repairs=(*draft.repairs, _TOO_MUCH)) for draft in bundle.drafts))
    facts = facts_of(text, bundle.page.url)
    whole = source is not None and bool(source.rules.content)  # the source's own rules know where the article is
    article = facts.body if whole else article_of(text, bundle.page.url)
    alone = len(bundle.drafts) == 1
    return Parsed(drafts=tuple(_merged(draft, facts, article, alone=alone) for draft in bundle.drafts))


def _part(raw: RawDocument, bundle: Bundle, *, full_text: bool) -> Parsed:
    """Return the entries of a feed's past that nothing newer holds, filed where those of the feed are."""
    if bundle.page is None:
        return Parsed()
    page = bundle.page
    part = replace(raw, locator=bundle.part_of, media_type=page.media_type, body=page.body, url=page.url)
    parsed = syndication.parse(part)
    drafts = tuple(draft for draft in parsed.drafts if bundles.name_of(draft) not in bundle.without)
    if full_text:  # what has a page of its own comes with that
        drafts = tuple(draft for draft in drafts if not bundles.page_of(draft, part))
    return Parsed(
        drafts=drafts, repairs=parsed.repairs, cuts=parsed.cuts
    )  # without a head: it is no reading of the feed


def _merged(draft: Draft, facts: PageFacts, article: str, *, alone: bool) -> Draft:
    said = replace(
        draft,
        title=draft.title or facts.title,
        link=_link(draft, facts),
        image=draft.image or facts.image,
        publisher=draft.publisher or facts.publisher,
        language=draft.language or facts.language,
        tags=draft.tags or facts.tags,
        categories=draft.categories or (((facts.section,),) if facts.section and draft.form == FORM else ()),
    )
    if not article or not is_better(article, draft.body, alone=alone):
        return said
    return replace(
        said,
        body=facts.marks + article,
        body_kind="html",
        base_url=facts.base_url,
        summary=said.summary or said.body or facts.description,
    )


def _link(draft: Draft, facts: PageFacts) -> str:
    """Return the address of the article: a feed's own word, else what the page calls its own."""
    return (facts.canonical or draft.link) if draft.form == FORM else (draft.link or facts.canonical)
