"""Golden articles: a body, what its document says of it, and the whole article that it must become (`make goldens`)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.model import Article, Person, SourceRules
from feedsvc.rules import normalise
from tests.rules.given import a_draft, a_source

if TYPE_CHECKING:
    from tests.golden_files import GoldenFiles

GOLDENS = Path(__file__).parents[1] / "goldens" / "articles"


def read(path: Path) -> Article:
    golden = json.loads(path.read_text(encoding="utf-8"))
    body = next(path.parent.glob(f"{path.stem}.[hm]*")).read_text(encoding="utf-8")
    said = golden["draft"]
    said["categories"] = tuple(map(tuple, said.get("categories", ())))
    said["people"] = tuple(Person(**person) for person in said.get("people", ()))
    said["tags"] = tuple(said.get("tags", ()))
    settings = golden["source"]
    settings["prefix"] = tuple(settings.get("prefix", ()))
    rules = SourceRules(**settings.pop("rules", {}))
    return normalise(a_draft(body, **said), a_source(rules=rules, **settings))


def as_json(article: Article) -> dict[str, Any]:
    """Everything but the digests, which are tested for what they must tell apart, and what only ingesting knows."""
    fields = json.loads(json.dumps(dataclasses.asdict(article), default=str))
    fields["keys"] = [[key["kind"], key["value"] if key["kind"] != "digest" else "…"] for key in fields["keys"]]
    return {name: value for name, value in fields.items() if name not in ("digest", "text_digest", "mark")}


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*.json")), ids=lambda path: path.stem)
def test_the_article_is_the_golden_one(path: Path, goldens: GoldenFiles) -> None:
    goldens.json(path, as_json(read(path)), "article")
