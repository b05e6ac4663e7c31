"""Drafts and sources for tests of the rules: a few words make a whole one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from feedsvc.model import Article, Draft, Source, SourceRules
from feedsvc.rules import normalise
from feedsvc.rules.case import Case, Findings
from feedsvc.rules.markup import parse_body
from feedsvc.rules.sanitising import clean_content

FETCHED = datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC)


def a_source(*, rules: SourceRules | None = None, **fields: Any) -> Source:
    return Source(
        **{"name": "posts", "kind": "directory", "location": "/posts", "rules": rules or SourceRules(), **fields}
    )


def a_draft(body: str = "", **fields: Any) -> Draft:
    given = {
        "source": "posts",
        "locator": "a/post.md",
        "form": "front-matter",
        "fetched_at": FETCHED,
        "extension": ".md",
    }
    return Draft(**{**given, "body": body, **fields})


def an_article(body: str = "", *, source: Source | None = None, **fields: Any) -> Article:
    return normalise(a_draft(body, **fields), source or a_source())


def findings_of(body: str = "", *, source: Source | None = None, **fields: Any) -> Findings:
    case = Case(draft=a_draft(body, **fields), source=source or a_source())
    return clean_content(case, parse_body(case, Findings()))


def repaired(article: Article, rule: str) -> bool:
    return any(repair.rule == rule for repair in article.repairs)
