"""Every command that opens an archive refuses one that is lost, says what to do, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.commands.conftest import Shell

COMMANDS = (
    "ingest",
    "ingest --all",
    "emit",
    "emit --all",
    "run",
    "serve",
    "status",
    "search tide",
    "failures",
    "failures retry",
    "sources",
    "sources export",
    "sources test posts",
    "sources resume posts",
    "doctor",
    "doctor --fix",
    "replay",
    "replay --apply",
    "withdraw 1",
    "backup copy.tar",
)


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_lost_archive_is_refused_with_what_to_do(shell: Shell, how: str) -> None:
    shell.config()
    shell.post()
    shell.run("ingest")
    archive = shell.folder / "archive"
    (archive / "archive.db").unlink()
    if how == "empty":
        (archive / "archive.db").touch()
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file() and "-" not in path.name}
    for command in COMMANDS:
        said = shell.run(*command.split(), code=3).output
        assert "captures.db, ops.db, feeds beside it belong to an archive; nothing was changed" in said, command
        assert f"tar xf FILE -C {archive}" in said
    after = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file() and "-" not in path.name}
    assert after == before
    assert not (shell.folder / "copy.tar").exists()


def test_moved_away_a_new_archive_begins(shell: Shell) -> None:
    shell.config()
    shell.post()
    shell.run("ingest")
    archive = shell.folder / "archive"
    (archive / "archive.db").unlink()
    archive.rename(shell.folder / "old")
    shell.run("ingest")
    shell.run("status")
