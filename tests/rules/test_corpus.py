"""Real input nobody of this project wrote: every file becomes an article, and its clean content is clean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedsvc.errors import DocumentError
from feedsvc.model import Article, Draft, RawDocument
from feedsvc.parsers import parse
from feedsvc.rules import normalise
from feedsvc.rules.link_key import link_key
from feedsvc.rules.sanitising import clean
from tests.rules.given import FETCHED, a_source
from tests.rules.test_active_markup import active_parts

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FOLDERS = ("posts", "posts_regen", "jekyll", "hugo", "hexo-markdown")
CHURN = ("4", "5", "6", "13", "14", "20")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there"),
]


def drafts_of(path: Path, root: Path) -> tuple[Draft, ...]:
    raw = RawDocument(
        source="posts",
        locator=path.relative_to(root).as_posix(),
        media_type="text/markdown",
        body=path.read_bytes(),
        fingerprint="",
        fetched_at=FETCHED,
    )
    try:
        return parse(raw).drafts
    except DocumentError:
        return ()  # the parser's tests say which


def articles_of(folder: str) -> list[Article]:
    root = CORPUS / folder
    paths = sorted(path for path in root.rglob("*.md") if path.is_file())
    return [normalise(draft, a_source()) for path in paths for draft in drafts_of(path, root)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_post_becomes_an_article_whose_content_is_clean(folder: str) -> None:
    articles = articles_of(folder)
    assert len(articles) > 40
    for article in articles:
        assert article.title
        assert article.categories
        assert active_parts(article.content) == []
        assert clean(article.content) == article.content


def test_no_address_is_guessed_wrongly() -> None:
    truth: dict[str, set[str]] = {}
    for line in (CORPUS / "posts_regen" / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        truth.setdefault(item["path"], set()).add(link_key(item["link"]))
    found = {article.locator: article.url for article in articles_of("posts_regen") if article.url}
    assert {path: url for path, url in found.items() if path in truth and link_key(url) not in truth[path]} == {}


@pytest.mark.parametrize("number", CHURN)
def test_churn_is_no_change(number: str) -> None:
    root = CORPUS / "versions" / number
    first, second = (
        [normalise(draft, a_source()) for draft in drafts_of(root / name, root)] for name in ("v1.md", "v2.md")
    )
    assert [article.digest for article in first] == [article.digest for article in second] != []
