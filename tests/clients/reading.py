"""Feed readers that nobody here wrote, and what each finds in a feed.

To add a reader: a function from a file to what it read (or a program in `programs/` that prints it as JSON), and one line in
`READERS`. `FEEDSVC_READERS` names a Python that has the readers written in it, `FEEDSVC_NODE_MODULES` a folder of packages.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import html

from tests.loopback import answering

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from http.server import BaseHTTPRequestHandler

PROGRAMS = Path(__file__).parent / "programs"
PYTHON = os.environ.get("FEEDSVC_READERS", sys.executable)
NODE_MODULES = os.environ.get("FEEDSVC_NODE_MODULES", "")
SECONDS = 600  # for one reader and one feed
MAIL = """[DEFAULT]
from = service@example.org
to = reader@example.org
email-protocol = maildir
maildir-path = {folder}
maildir-mailbox = inbox
date-header = True
date-header-order = issued, modified
html-mail = True
name-format = {{author}}
[feed.all]
url = http://127.0.0.1:{port}/{name}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reader shows of an entry."""

    uid: str
    title: str
    link: str
    author: str  # one of them, or all with ", " between them
    published: int  # seconds since 1970, 0 = no date
    content: str  # its text, white space aside: readers sanitise and indent markup each in its own way


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, if it is here."""

    read: Callable[[Path, Path], list[Read]]  # a feed's file and an empty folder to work in -> its entries
    asked: Sequence[str]  # a command that fails where the reader is not installed
    formats: tuple[str, ...] = ("atom", "rss")

    @property
    def is_installed(self) -> bool:
        if not shutil.which(self.asked[0]):
            return False
        return (
            subprocess.run(self.asked, capture_output=True, timeout=900, check=False, env=_environment()).returncode
            == 0
        )


def shown(**fields: Any) -> Read:
    """Return what was read, in one shape."""
    text = html.fromstring(f"<div>{fields.pop('content')}</div>").text_content()
    return Read(
        title=fields.pop("title").strip(),
        published=int(fields.pop("published")),
        content="".join(text.split()),
        **fields,
    )


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NODE_PATH": NODE_MODULES, **more}


def _told(*command: str, **options: Any) -> bytes:
    """Return what a program says; a reader that complains fails the test with its own words."""
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        command, capture_output=True, timeout=SECONDS, check=False, **options
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


def _program(*command: str) -> Callable[[Path, Path], list[Read]]:
    def read(file: Path, folder: Path) -> list[Read]:
        return [shown(**each) for each in json.loads(_told(*command, str(file), cwd=folder, env=_environment()))]

    return read


def newsboat(file: Path, folder: Path) -> list[Read]:
    (folder / "urls").write_text(f"file://{file}\n")
    (folder / "config").touch()
    _told(
        "newsboat",
        "-u",
        "urls",
        "-c",
        "cache.db",
        "-C",
        "config",
        "-x",
        "reload",
        cwd=folder,
        env={"HOME": str(folder)},
    )
    cache = sqlite3.connect(folder / "cache.db")
    cache.row_factory = sqlite3.Row
    rows = cache.execute(
        "select guid uid, title, url link, author, pubDate published, content from rss_item"
    ).fetchall()
    cache.close()
    return [shown(**row) for row in rows]


def sfeed(file: Path, folder: Path) -> list[Read]:
    with file.open("rb") as body:
        rows = _told("sfeed", stdin=body, cwd=folder).decode().split("\n")[:-1]
    found = []
    for row in rows:
        published, title, link, content, _type, uid, author, *_rest = row.split("\t")
        text = content.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        found.append(shown(uid=uid, title=title, link=link, author=author, published=published or 0, content=text))
    return found


def rss2email(file: Path, folder: Path) -> list[Read]:
    def serve(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(file.read_bytes())

    inbox = folder / "inbox"
    for name in ("cur", "new", "tmp"):
        (inbox / name).mkdir(parents=True)
    with answering(serve) as port:
        (folder / "config").write_text(MAIL.format(folder=folder, port=port, name=file.name))
        _told("r2e", "-c", "config", "-d", "data.json", "run", cwd=folder, env=_environment(HOME=str(folder)))
    return [_mailed(mail.read_bytes()) for mail in (inbox / "new").iterdir()]


def _mailed(body: bytes) -> Read:
    mail = email.message_from_bytes(body, policy=email.policy.default)
    (content,) = html.fromstring(mail.get_content()).xpath("//div[@id='body']")
    return shown(
        uid=mail["X-RSS-ID"],
        title=mail["Subject"],
        link=mail["X-RSS-URL"],
        author=parseaddr(mail["From"])[0],
        published=parsedate_to_datetime(mail["Date"]).timestamp(),
        content=html.tostring(content, encoding="unicode"),
    )


def _python(name: str, *formats: str) -> Reader:
    command = (PYTHON, str(PROGRAMS / "read.py"), name)
    return Reader(_program(*command), (PYTHON, "-c", f"import {name}"), ("atom", "rss", *formats))


def _node(name: str, *formats: str) -> Reader:
    command = ("node", str(PROGRAMS / "read.cjs"), name)
    return Reader(_program(*command), ("node", "-e", f"require({name!r})"), ("atom", "rss", *formats))


READERS: Mapping[str, Reader] = {
    "feedparser": _python("feedparser"),
    "fastfeedparser": _python("fastfeedparser", "json"),
    "reader": _python("reader", "json"),
    "newsboat": Reader(newsboat, ("newsboat", "-v")),
    "sfeed": Reader(sfeed, ("sh", "-c", "command -v sfeed")),
    "XML::Feed": Reader(_program("perl", str(PROGRAMS / "read.pl")), ("perl", "-MXML::Feed", "-e", "1")),
    "ruby rss": Reader(_program("ruby", str(PROGRAMS / "read.rb")), ("ruby", "-rrss", "-e", "1")),
    "rss-parser": _node("rss-parser"),
    "feedsmith": _node("feedsmith", "json"),
    "rss2email": Reader(rss2email, ("r2e", "--version")),
}
