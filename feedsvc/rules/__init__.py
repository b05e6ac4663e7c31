"""Draft -> Article: the rules, in the order in which they are applied.

Pure: no clock, no file, no network. To add a rule: one function `(Case, Findings) -> Findings` in a file of this
folder, one line in `RULES`, and one golden case under `tests/goldens/articles`.
An installed package adds one by an entry point (docs/plugins.md).
"""

from __future__ import annotations

from functools import cache, partial, reduce
from typing import TYPE_CHECKING, cast

from feedsvc import plugins
from feedsvc.errors import FeedsvcError
from feedsvc.model.members import callable_member
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
    from feedsvc.plugins import Plugin
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
    findings = reduce(lambda found, rule: rule(case, found), (*RULES, *added()), Findings())
    return identity.article(case, findings)


@cache
def added() -> tuple[Rule, ...]:
    """Return the rules of installed packages, by the names of their entry points: they come after our own."""
    taken = [rule.__name__ for rule in RULES]
    found = plugins.accepted(plugins.RULES, taken, lambda _, rule: callable_member(rule))
    return tuple(partial(_tried, plugin, cast("Rule", rule)) for plugin, rule in found.items())


def _tried(plugin: Plugin, rule: Rule, case: Case, findings: Findings) -> Findings:
    """Apply the rule of a plugin. Where it raises, the article is made without it, and a repair says so.

    Raises:
        DocumentError: the rule raised it on purpose: the document goes to quarantine.
    """
    try:
        return plugins.returned(Findings, rule(case, findings))
    except FeedsvcError:
        raise
    except Exception as error:  # noqa: BLE001 - no article is lost for a plugin
        plugins.tell(plugin, error, f"the article of {case.draft.locator} is made without this rule")
        return findings.noting(f"plugin.{plugin.name}", "plugin", "", plugin.failed(error))
