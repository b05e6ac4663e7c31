"""Names of modules: each file name stands once in the tree, and a module is a noun, not a gerund."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Members of open sets may share a name with each other, and with one module that is no member: `commands/ingest.py` is
# the command of the stage `ingest.py`, `parsers/syndication/atom.py` reads what `formats/atom.py` writes.
OPEN_SETS = ("commands", "formats", "parsers", "parsers/syndication", "serve/pages", "sources")
# Terms of the field that end in -ing: the allow-list of HTML is applied by sanitising, a body is freed of its content coding.
NOUNS = {"sanitising", "decoding"}


def modules(root: Path) -> list[Path]:
    package = root / "feedsvc"
    return [path.relative_to(package) for path in sorted(package.rglob("*.py")) if path.name != "__init__.py"]


def is_member(path: Path) -> bool:
    """Return whether the module at `path` belongs to an open set; wings such as `sources/http` do not."""
    return path.parent.as_posix() in OPEN_SETS


def test_a_file_name_stands_once_but_for_members_of_open_sets(root: Path) -> None:
    by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for path in modules(root):
        by_name[path.name].append(path)
    twice = {
        name: [path.as_posix() for path in paths]
        for name, paths in by_name.items()
        if len(paths) > 1 and sum(not is_member(path) for path in paths) > 1
    }
    assert twice == {}


def test_two_parsers_of_different_forms_do_not_share_a_name(root: Path) -> None:
    names = [path.name for path in modules(root) if path.parts[0] == "parsers"]
    assert sorted(names) == sorted(set(names))


def test_no_module_is_named_by_a_gerund(root: Path) -> None:
    gerunds = [path.as_posix() for path in modules(root) if path.stem.endswith("ing") and path.stem not in NOUNS]
    assert gerunds == []
