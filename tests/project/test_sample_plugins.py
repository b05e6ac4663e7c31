"""The package of docs/plugins.md, installed by pip as it stands there and used; and each of its parts when it raises."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest
import sqlite_utils

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

BLOCK = re.compile(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONFIG = """
[service]
title = "Samples"

[feeds]
formats = ["atom", "txt"]

[[source]]
name = "notes"
kind = "jsonl"
path = "notes.jsonl"

[[source]]
name = "mail"
kind = "directory"
path = "mail"
include = ["**/*.eml", "**/*.md"]
"""
NOTES = [
    {"id": "1", "title": "First note", "date": "2023-05-01T10:00:00Z", "text": "Short."},
    {"id": "2", "title": "Zweite Notiz", "date": "2024-06-01T10:00:00Z", "text": "wort " * 300},
]
MAIL = """From: Erika Beispiel <erika@example.org>
Message-ID: <1@example.org>
Subject: A letter
Date: Mon, 1 Jul 2024 10:00:00 +0200

Dear reader, this is the text of the letter.
"""
POST = "---\ntitle: A post\ndate: 2024-01-01T00:00:00Z\n---\n\nA few words.\n"

Feedsvc = "Callable[..., subprocess.CompletedProcess[str]]"


def blocks(root: Path) -> Mapping[str, str]:
    """Return the blocks of the page by the file that they belong into; of config.toml there are several."""
    found = BLOCK.findall((root / "docs" / "plugins.md").read_text(encoding="utf-8"))
    return {name: text for name, text in found if name != "config.toml"}


def installed(package: Path, files: Mapping[str, str], target: Path) -> Path:
    """Write `files` to `package` and install it into the folder `target` by pip, with no index and no network."""
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    command = [*pip, "--no-build-isolation", "--target", str(target), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def sample(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the package of the page is installed into."""
    folder = tmp_path_factory.mktemp("sample")
    return installed(folder / "package", blocks(root), folder / "installed")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a configuration and something to read of each kind."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "notes.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in NOTES))
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "letter.eml").write_text(MAIL)
    (tmp_path / "mail" / "post.md").write_text(POST)
    return tmp_path


def feedsvc(home: Path, plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedsvc", *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(plugins)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def rows(home: Path, sql: str) -> list[tuple[object, ...]]:
    database = sqlite_utils.Database(home / "archive" / "archive.db")
    try:
        return list(database.execute(sql).fetchall())
    finally:
        database.close()


def titles(home: Path) -> list[object]:
    return [title for (title,) in rows(home, "select title from articles order by title")]


ALL = ["A letter", "A post", "First note", "Zweite Notiz"]


def test_the_page_shows_one_of_each_in_about_twenty_lines(root: Path) -> None:
    found = blocks(root)
    assert set(found) == {
        "pyproject.toml",
        *(f"feedsvc_sample/{name}.py" for name in ("__init__", "jsonl", "eml", "long_read", "txt", "years")),
    }
    lengths = {name: sum(1 for line in text.splitlines() if line.strip()) for name, text in found.items()}
    assert {name for name, length in lengths.items() if length > 25} == set()


def test_the_package_of_the_page_works(home: Path, sample: Path) -> None:
    listed = feedsvc(home, sample, "plugins", "--json")
    assert listed.returncode == 0, listed.stderr
    assert {
        (row["group"], row["name"], row["package"], row["version"], row["error"]) for row in json.loads(listed.stdout)
    } == {
        (f"feedsvc.{group}", name, "feedsvc-sample", "1.0", "")
        for group, name in (
            ("kinds", "jsonl"),
            ("parsers", "eml"),
            ("rules", "long_read"),
            ("formats", "txt"),
            ("commands", "years"),
        )
    }
    assert "feedsvc-sample" in feedsvc(home, sample, "plugins").stdout
    assert "years" in feedsvc(home, sample, "--help").stdout
    assert feedsvc(home, sample, "check").returncode == 0
    done = feedsvc(home, sample, "ingest", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert titles(home) == ALL
    assert rows(home, "select published, published_from from articles where title = 'A letter'") == [
        ("2024-07-01T08:00:00Z", "front-matter")
    ]
    assert rows(home, "select title from articles where tags like '%long read%'") == [("Zweite Notiz",)]
    assert rows(
        home,
        "select r.field, a.title from repairs r join articles a on a.id = r.article where r.rule = 'sample.long_read'",
    ) == [("tags", "Zweite Notiz")]
    feed = (home / "archive" / "feeds" / "all.txt").read_text()
    assert feed.startswith("Samples\n\n")
    assert sorted(line.split("\t")[0] for line in feed.splitlines()[2:]) == ALL
    assert feedsvc(home, sample, "years").stdout == "2023 1\n2024 3\n"
    again = feedsvc(home, sample, "ingest", "--all", "--json")
    assert again.returncode == 0
    assert feedsvc(home, sample, "status").returncode == 0
    assert feedsvc(home, sample, "doctor").returncode == 0


def test_without_the_package_there_is_no_plugin(home: Path, tmp_path: Path) -> None:
    done = feedsvc(home, tmp_path / "nothing", "plugins")
    assert (done.returncode, "no plugin is installed" in done.stdout) == (0, True)
    assert feedsvc(home, tmp_path / "nothing", "check").returncode == 2
    assert feedsvc(home, tmp_path / "nothing", "years").returncode == 2


@pytest.fixture
def broken(sample: Path, tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Return a function that gives the installed package of the page with one text of a file replaced."""

    def install(name: str, old: str, new: str) -> Path:
        target = tmp_path / "plugins"
        shutil.copytree(sample, target)
        (path,) = (target / name,) if name.endswith(".py") else target.glob(f"*.dist-info/{name}")
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new), encoding="utf-8")
        return target

    return install


@pytest.mark.parametrize(
    ("member", "old", "new", "why"),
    [
        ("jsonl", "import json", "import json\n1 / 0", "ZeroDivisionError"),
        ("eml", "from email import policy", "import no_such_module", "ModuleNotFoundError"),
        ("long_read", "def long_read", "def other", "AttributeError"),
        ("txt", 'name="txt"', 'name="text"', "calls itself 'text'"),
        (
            "txt",
            "behaviour=FeedFormat(entry=entry, document=document, listed=listed)",
            "behaviour=entry",
            "no FeedFormat",
        ),
        ("jsonl", "reader=JsonLines", 'reader="feedsvc_sample.jsonl:JsonLines"', "functions or classes"),
        ("years", '@click.command("years")', "", "no click.Command"),
        ("eml", 'evidence="front-matter"', 'evidence="hearsay"', "'hearsay' is not known"),
    ],
)
def test_one_that_cannot_be_used_is_named_and_left_out(
    member: str, old: str, new: str, why: str, home: Path, broken: Callable[[str, str, str], Path]
) -> None:
    plugins = broken(f"feedsvc_sample/{member}.py", old, new)
    if member == "years":
        (plugins / "feedsvc_sample" / "years.py").write_text("command = 1\n")
    listed = feedsvc(home, plugins, "plugins", "--json")
    assert listed.returncode == 1
    (error,) = [row["error"] for row in json.loads(listed.stdout) if row["error"]]
    assert f"the plugin '{member}'" in error
    assert "feedsvc-sample 1.0" in error
    assert why in error
    (home / "config.toml").write_text(
        CONFIG.replace('kind = "jsonl"', 'kind = "feed"')
        .replace('path = "notes.jsonl"', 'url = "http://127.0.0.1:9/"')
        .replace('formats = ["atom", "txt"]', "")
    )
    checked = feedsvc(home, plugins, "check")
    assert checked.returncode == 2
    assert error in checked.stderr
    assert feedsvc(home, plugins, "ingest", "mail").returncode == (0 if member != "eml" else 1)
    assert "A post" in titles(home)
    status = feedsvc(home, plugins, "status")
    assert (status.returncode, error in status.stdout) == (1, True)


def test_a_name_that_feedsvc_has_itself_is_refused(home: Path, broken: Callable[[str, str, str], Path]) -> None:
    plugins = broken("entry_points.txt", "years =", "status =")
    found = json.loads(feedsvc(home, plugins, "plugins", "--json").stdout)
    (error,) = [row["error"] for row in found if row["error"]]
    assert "the name 'status' is taken" in error
    assert "articles" in feedsvc(home, plugins, "ingest", "--all").stdout + feedsvc(home, plugins, "status").stdout


RAISING = {
    "reader": ("jsonl", "path = Path(source.location)", "raise RuntimeError('out of order')"),
    "opener": ("jsonl", "        pass", "        raise RuntimeError('out of order')"),
    "documents": ("jsonl", "documents=iter(changed)", "documents=(1 // 0 for _ in 'x')"),
    "own parser": ("jsonl", "records = [json", "raise RuntimeError('out of order')\n    records = [json"),
    "parser": ("eml", "mail = BytesParser", "raise RuntimeError('out of order')\n    mail = BytesParser"),
    "parser returns": ("eml", "return Parsed(drafts=(", "return list(("),
    "accepts": ("eml", 'raw.locator.endswith(".eml")', "1 / 0"),
    "form": ("eml", 'form="mail"', 'form="hearsay"'),
    "rule": ("long_read", "if len(", "raise RuntimeError('out of order')\n    if len("),
    "rule returns": ("long_read", "return findings\n", "return None\n"),
    "entry": ("txt", 'return f"{item', "raise RuntimeError('out of order')\n    return f\"{item"),
    "document": ("txt", "return head.title.encode()", "return head.title"),
}


@pytest.mark.parametrize(
    ("part", "workers"),
    [*((part, 0) for part in RAISING), ("own parser", 1), ("parser", 1), ("accepts", 1), ("rule", 1), ("form", 1)],
)
def test_one_that_raises_is_named_and_loses_nothing(
    part: str, workers: int, home: Path, broken: Callable[[str, str, str], Path]
) -> None:
    name, old, new = RAISING[part]
    plugins = broken(f"feedsvc_sample/{name}.py", old, new)
    (home / "config.toml").write_text(CONFIG.replace("[feeds]", f"workers = {workers}\n\n[feeds]"))
    done = feedsvc(home, plugins, "ingest", "--all")
    said = done.stdout + done.stderr
    assert f"the plugin {name!r}" in said, said
    assert "feedsvc-sample 1.0" in said
    assert "please report it" not in said, "it is no bug of feedsvc"
    lost = {"jsonl": {"First note", "Zweite Notiz"}, "eml": {"A letter"}}.get(name, set())
    if part == "accepts":  # another parser does not know the letter: it is in quarantine
        lost = {"A letter"}
    assert set(titles(home)) == set(ALL) - lost
    assert done.returncode == (0 if name == "long_read" else 1), said
    assert (home / "archive" / "feeds" / "all.atom").is_file()
    if name == "txt":
        assert not (home / "archive" / "feeds" / "all.txt").exists()
        assert "in the format 'txt'" in said
    elif name == "long_read":
        found = rows(home, "select count(*) from repairs where rule = 'plugin.long_read' and after like '%long_read%'")
        assert found == [(4 if part == "rule" else 3,)]
    elif name == "eml" and part != "accepts":
        failures = feedsvc(home, plugins, "failures")
        assert "plugin" in failures.stdout
        assert "letter.eml" in failures.stdout
    elif name == "jsonl":
        status = feedsvc(home, plugins, "status")
        assert status.returncode == 1
        assert "the plugin 'jsonl'" in status.stdout


def test_what_a_better_version_of_the_package_reads_is_read_again(
    root: Path, home: Path, broken: Callable[[str, str, str], Path], tmp_path: Path
) -> None:
    name, old, new = RAISING["parser"]
    assert feedsvc(home, broken(f"feedsvc_sample/{name}.py", old, new), "ingest", "--all").returncode == 1
    files = dict(blocks(root))
    files["pyproject.toml"] = files["pyproject.toml"].replace('version = "1.0"', 'version = "1.1"')
    better = installed(tmp_path / "better", files, tmp_path / "mended")
    done = feedsvc(home, better, "ingest", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert titles(home) == ALL
    assert feedsvc(home, better, "status").returncode == 0


def test_a_command_that_raises_is_one_line(home: Path, broken: Callable[[str, str, str], Path]) -> None:
    plugins = broken(
        "feedsvc_sample/years.py", "with open_view", "raise RuntimeError('out of order')\n    with open_view"
    )
    done = feedsvc(home, plugins, "years")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert (
        "the plugin 'years' (feedsvc.commands) of feedsvc-sample 1.0 raised RuntimeError: out of order" in done.stderr
    )


@pytest.fixture
def daemon(home: Path, broken: Callable[[str, str, str], Path]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the daemon with a reader and a format that raise; return its address and its process."""
    name, old, new = RAISING["reader"]
    plugins = broken(f"feedsvc_sample/{name}.py", old, new)
    name, old, new = RAISING["entry"]
    path = plugins / "feedsvc_sample" / f"{name}.py"
    path.write_text(path.read_text().replace(old, new))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "config.toml").write_text(f"{CONFIG}\n[serve]\nport = {port}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "feedsvc", "run"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(plugins)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=900)


def test_the_daemon_goes_on_beside_plugins_that_raise(daemon: tuple[str, subprocess.Popen[str]]) -> None:
    address, process = daemon
    until = time.monotonic() + 600
    feed = b""
    while b"A letter" not in feed:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.2)
        with suppress(httpx.TransportError):
            feed = httpx.get(f"{address}/feeds/all.atom", timeout=60).content
    assert httpx.get(f"{address}/-/healthz", timeout=60).status_code == 200
    assert "the plugin &#39;jsonl&#39;" in httpx.get(f"{address}/-/status", timeout=60).text
    assert process.poll() is None
