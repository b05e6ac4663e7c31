"""Everything that a user can name stands in the documentation, and what stands there exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest
import sqlite_utils

from feedsvc.commands import cli
from feedsvc.config import KEYS
from feedsvc.formats import FORMATS
from feedsvc.parsers import PARSERS
from feedsvc.rules import RULES
from feedsvc.serve.pages import PAGES
from feedsvc.sources import KINDS
from feedsvc.store import schema
from feedsvc.store.search_index import register

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

INTERNAL = re.compile(r"sqlite_|_sqlite_|.*_fts_|articles_seg$")  # SQLite's own, and the view behind the search index
FILES = {
    "archive.db": schema.ARCHIVE_MIGRATIONS,
    "ops.db": schema.OPS_MIGRATIONS,
    "captures.db": schema.CAPTURES_MIGRATIONS,
}


def sections(page: Path, heading: str) -> dict[str, str]:
    """Return the text under each heading of `page` that holds one `code` word, by that word."""
    pieces = re.split(rf"^{heading} .*?`([^`]+)`.*$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def rows(section: str) -> dict[str, str]:
    """Return the rows of the first table of `section`: first cell (one `code` word) -> the whole row."""
    return {found[1]: found[0] for found in re.finditer(r"^\| `([^`]+)` \|.*$", section, flags=re.MULTILINE)}


def commands(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{above} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")


def test_every_command_and_option_is_documented(root: Path) -> None:
    documented = sections(root / "docs" / "commands.md", "###?")
    missing = []
    for name, command in [("feedsvc", cli), *commands(cli, "feedsvc")]:
        text = documented.get(name, "")
        missing += [name] if not text else []
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        missing += [f"{name} {option}" for option in options if option != "--help" and f"`{option}" not in text]
    assert missing == []


def test_no_command_is_documented_that_does_not_exist(root: Path) -> None:
    known = {"feedsvc", *(name for name, _ in commands(cli, "feedsvc"))}
    assert set(sections(root / "docs" / "commands.md", "###?")) - known == set()


def test_every_key_is_documented_with_its_default_and_meaning(root: Path) -> None:
    documented = {
        f"{table}.{key}": row
        for table, section in sections(root / "docs" / "configuration.md", "##").items()
        for key, row in rows(section).items()
    }
    wanted = {name: f"| {key.meaning} |" for name, key in KEYS.items()}
    assert {name for name, meaning in wanted.items() if not documented.get(name, "").endswith(meaning)} == set()
    assert {
        name for name, key in KEYS.items() if f"| {key.default} |" not in documented[name].replace("`", "")
    } == set()
    assert documented.keys() - KEYS.keys() == set()


@pytest.fixture(params=FILES)
def columns(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, set[str]]]:
    """Return a file of the archive, and the columns of each of its tables."""
    database = sqlite_utils.Database(tmp_path / request.param)
    register(database.conn)
    FILES[request.param].apply(database)
    tables = [name for name in (*database.table_names(), *database.view_names()) if not INTERNAL.match(name)]
    return request.param, {name: set(database[name].columns_dict) for name in tables}


def test_every_table_and_column_is_documented_and_no_other(
    root: Path, columns: tuple[str, dict[str, set[str]]]
) -> None:
    file, tables = columns
    section = sections(root / "docs" / "archive.md", "##")[file]
    pieces = re.split(r"^### `([^`]+)`.*$", section, flags=re.MULTILINE)
    documented = dict(zip(pieces[1::2], map(rows, pieces[2::2]), strict=True))
    assert {name: set(found) for name, found in documented.items()} == tables


def test_every_address_is_documented(root: Path) -> None:
    examples = rows((root / "docs" / "urls.md").read_text(encoding="utf-8"))
    routes = [route for route, _ in PAGES if "icon" not in route]
    assert [route for route in routes if not any(re.match(route, example) for example in examples)] == []


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("sources.md", KINDS),
        ("sources.md", [parser.name for parser in PARSERS]),
        ("feeds.md", FORMATS),
        ("design.md", [f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}" for rule in RULES]),
    ],
    ids=["kinds", "parsers", "formats", "rules"],
)
def test_every_member_of_an_open_set_is_documented(root: Path, page: str, names: Iterable[str]) -> None:
    text = (root / "docs" / page).read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in text] == []


def test_no_page_speaks_of_a_command_that_does_not_exist(root: Path) -> None:
    known = {name.split()[1] for name, _ in commands(cli, "feedsvc")}
    pages = [root / "README.md", *(root / "docs").glob("*.md")]
    spoken = {
        (page.name, word)
        for page in pages
        for word in re.findall(r"(?:`|^ {4}|&& )feedsvc ([a-z]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    sample = {("plugins.md", "years")}  # a command that the package of that page adds
    assert {(page, word) for page, word in spoken if word not in known} == sample


def test_every_link_between_pages_leads_somewhere(root: Path) -> None:
    pages = [root / "README.md", root / "CHANGELOG.md", *(root / "docs").glob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
