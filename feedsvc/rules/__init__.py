"""Draft -> Article: the rules, in the order in which they are applied.

Pure: no clock, no file, no network. To add a rule: one function `(Case, Findings) -> Findings` in a file of this
folder, one line in `RULES`, and one golden case under `tests/goldens/articles`.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from feedsvc.rules import (
    bylines,
    dates,
    gallery,
    identity,
    images,
    language,
    links,
    markup,
    sanitising,
    summary,
    taxonomy,
    titles,
)
from feedsvc.rules.case import Case, Findings

if TYPE_CHECKING:
    from feedsvc.model import Article, Draft, Source
    from feedsvc.rules.case import Rule

RULES: tuple[Rule, ...] = (
    markup.parse_body,  # one tree for all that follow
    titles.clean_title,  # first, since a heading that repeats it leaves the content
    dates.publication_date,
    bylines.byline,
    links.original_url,
    sanitising.clean_content,  # after all that leave something out of the content
    gallery.show_figures,  # needs to know what the content shows
    images.lead_image,
    titles.fallback,  # needs the text
    summary.summarise,
    language.detect_language,
    taxonomy.place,
)


def normalise(draft: Draft, source: Source) -> Article:
    """Make of what a document says what we vouch for; raises `DocumentError` where there is nothing in it."""
    case = Case(draft=draft, source=source)
    findings = reduce(lambda found, rule: rule(case, found), RULES, Findings())
    return identity.article(case, findings)
