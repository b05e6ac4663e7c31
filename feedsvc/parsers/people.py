"""Names of people as documents write them -> `Person`; pure.

RSS 2.0 wants `mail@host (Name)`, mail programs write `Name <mail@host>`, most feeds a bare name.
To add a way to write a name: one line in `_FORMS`.
"""

from __future__ import annotations

import re

from feedsvc.model import Person

_LONGEST = 300  # characters; longer is no name, and keeps the patterns below cheap
_MAIL = r"(?:mailto:)?(?P<mail>[^\s()<>@:]+@[^\s()<>@]+)"
_FORMS = (
    re.compile(rf"{_MAIL}\s*\((?P<name>.+)\)"),
    re.compile(rf"(?P<name>[^<>]+)<\s*{_MAIL}\s*>"),
    re.compile(rf"(?P<name>[^()]+)\(\s*{_MAIL}\s*\)"),
)
_NOBODY = frozenset({"", "null", "none", "undefined", "unknown", "(hidden)", "noreply", "nobody"})


def person(text: str, *, role: str = "author", email: str = "", uri: str = "") -> Person | None:
    """Return who `text` names, None when it names nobody."""
    name = " ".join(text[:_LONGEST].split())
    for form in _FORMS:
        found = form.fullmatch(name)
        if found:
            name, email = found["name"].strip(" \"'"), email or found["mail"]
            break
    if name.casefold() in _NOBODY:
        return None
    return Person(name=name, role=role, email=email.strip(), uri=uri.strip())


def distinct(people: list[Person | None]) -> tuple[Person, ...]:
    """Return who is named, in order, each name once a role."""
    return tuple({(p.name, p.role): p for p in reversed(people) if p}.values())[::-1]
