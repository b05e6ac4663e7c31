"""Cases for the rules that look for evidence: a body, parsed as the product parses it, in a draft and a source."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from feedsvc.model import Draft, Person, Source, SourceRules
from feedsvc.rules import markup
from feedsvc.rules.case import Case, Findings

if TYPE_CHECKING:
    from pathlib import Path

FETCHED = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)


def draft_of(body: str, **fields: Any) -> Draft:
    stated = {
        "source": "posts",
        "locator": "post.md",
        "form": "front-matter",
        "fetched_at": FETCHED,
        "body_kind": "html",
    }
    return Draft(**(stated | {"body": body} | fields))


def parsed(draft: Draft, timezone: str = "UTC", **rules: Any) -> tuple[Case, Findings]:
    source = Source(name="posts", kind="directory", location="/posts", timezone=timezone, rules=SourceRules(**rules))
    case = Case(draft=draft, source=source)
    return case, markup.parse_body(case, Findings())


def golden_cases(folder: Path) -> list[Path]:
    """Return the expectations of `folder`: each stands beside the document that it is of."""
    return sorted(folder.glob("*.json"))


def golden(expectation: Path) -> tuple[Case, Findings]:
    """Return the case of one golden: {"draft": {...}, "timezone": ..., "rules": {...}}; `expected` beside is what comes of it."""
    told = json.loads(expectation.read_text(encoding="utf-8"))
    body = expectation.with_suffix(".html").read_text(encoding="utf-8")
    stated = told.get("draft", {})
    people = tuple(Person(name=name) for name in stated.pop("people", ()))
    draft = draft_of(body, people=people, **stated)
    return parsed(draft, told.get("timezone", "UTC"), **told.get("rules", {}))
