"""`feedsvc replay`: what today's rules, or a key that was set later, make of the bytes that are there."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

from tests.commands.conftest import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.conftest import Shell

MATH = CONFIG + "math = true\n"
FORMULA = r"Let $a*b*c$ be \[d*e*f\], `$x` a name and $y none."
COLUMNS = "locator, title, summary, text, content, digest, text_digest, published, revision"


def articles(folder: Path, columns: str = COLUMNS) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "archive" / "archive.db") as db:
        found = db.execute(f"select {columns} from articles order by locator").fetchall()
    db.close()
    return found


def spoil(folder: Path, sql: str) -> None:
    with sqlite3.connect(folder / "archive" / "archive.db") as db:
        db.execute(sql)
    db.close()


def test_a_key_that_is_set_later_is_applied_to_what_is_there(shell: Shell) -> None:
    shell.post("formula.md", title="Sums", text=FORMULA)
    shell.run("ingest")
    assert articles(shell.folder, "text")[-1] == ("Let $abc$ be [def], $x a name and $y none.",)
    shell.config(MATH)
    assert shell.run("replay").stdout.startswith("2 captures, 2 articles: 1 would change, 0 new")
    assert shell.run("replay", "--apply", "posts").stdout.startswith("2 captures, 2 articles: 1 changed, 0 new")
    assert articles(shell.folder, "text")[-1] == ("Let $a*b*c$ be $$d*e*f$$, $x a name and $y none.",)
    assert shell.run("replay", "--apply").stdout.startswith("2 captures, 2 articles: 0 changed, 0 new")

    (shell.folder / "anew").mkdir()
    shutil.copytree(shell.folder / "content", shell.folder / "anew" / "content")
    shutil.copy(shell.folder / "config.toml", shell.folder / "anew")
    shell.run("--config", str(shell.folder / "anew" / "config.toml"), "ingest")
    alike = COLUMNS.removesuffix(", revision")
    assert articles(shell.folder, alike) == articles(shell.folder / "anew", alike)


def test_the_summary_counts_what_comes_back_and_what_goes(shell: Shell) -> None:
    shell.post("fair.md", title="Fair", text="From 9~10 to 11~12.\n\n![](https://x.example/a.png)")
    shell.run("ingest")
    spoil(shell.folder, "update articles set text = 'From 910 to 1112.', content = '' where locator = 'fair.md'")
    summary = shell.run("replay", "--limit", "0").stdout.splitlines()
    assert summary[1:3] == [
        "  words           4 gained in 1 article, 2 lost in 1 article",
        "  pictures        1 gained in 1 article",
    ]
    assert "articles that would change, by field:" in summary
    assert "nothing was written; --apply writes it" in summary
    told = shell.json("replay", "--apply")
    assert told["balances"] == {
        "words": {"gained": 4, "gaining": 1, "lost": 2, "losing": 1},
        "pictures": {"gained": 1, "gaining": 1, "lost": 0, "losing": 0},
    }
    assert shell.json("replay")["balances"] == {}
