"""Golden articles: a body, what its document says of it, and the whole article that it must become."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from feedsvc.model import Article, Draft, Person, Source, SourceRules
from feedsvc.rules import normalise
from tests.rules.given import a_draft, a_source

GOLDENS = Path(__file__).parents[1] / "goldens" / "articles"


def read(path: Path) -> tuple[Draft, Source, Article, dict[str, Any]]:
    golden = json.loads(path.read_text(encoding="utf-8"))
    body = next(path.parent.glob(f"{path.stem}.[hm]*")).read_text(encoding="utf-8")
    said = golden["draft"]
    said["categories"] = tuple(map(tuple, said.get("categories", ())))
    said["people"] = tuple(Person(**person) for person in said.get("people", ()))
    said["tags"] = tuple(said.get("tags", ()))
    settings = golden["source"]
    settings["prefix"] = tuple(settings.get("prefix", ()))
    rules = SourceRules(**settings.pop("rules", {}))
    draft, source = a_draft(body, **said), a_source(rules=rules, **settings)
    return draft, source, normalise(draft, source), golden["article"]


def as_json(article: Article) -> dict[str, Any]:
    """Everything but the digests, which are tested for what they must tell apart, and what only ingesting knows."""
    fields = json.loads(json.dumps(dataclasses.asdict(article), default=str))
    fields["keys"] = [[key["kind"], key["value"] if key["kind"] != "digest" else "…"] for key in fields["keys"]]
    return {name: value for name, value in fields.items() if name not in ("digest", "text_digest", "mark")}


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*.json")), ids=lambda path: path.stem)
def test_the_article_is_the_golden_one(path: Path) -> None:
    _, _, article, wanted = read(path)
    assert as_json(article) == wanted
