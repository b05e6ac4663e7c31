"""Compare what all readers that are installed find in a feed with its archive: `python -m tests.clients CONFIG [PATH]`.

PATH is that of a feed below `archive/feeds`, whose entries are the newest of the archive ("all" unless it is given).
"""

from __future__ import annotations

import sys
from pathlib import Path

from feedsvc.app import Service, read_config
from feedsvc.model import Selection
from feedsvc.schedule import next_due
from tests.clients.comparing import archived, by_reader, differences
from tests.clients.reading import READERS


def main(config: str, path: str = "all") -> int:
    """Print one line for each reader and format; return how many differ."""
    service = Service(read_config(Path(config)), "comparing", planner=next_due)
    wrong = 0
    for name, reader in READERS.items():
        if not reader.is_installed:
            sys.stdout.write(f"{name:16} not installed\n")
            continue
        for form in reader.formats:
            file = Path(service.config.archive) / "feeds" / f"{path}.{form}"
            try:
                found = by_reader(name, file.resolve())
            except AssertionError as error:  # the reader's own words
                sys.stdout.write(f"{name:16} {form:5} {error}\n")
                wrong += 1
                continue
            with service.view() as archive:
                wanted = archived(service, archive.select(Selection(), len(found)))
            other = list(differences(wanted, found))
            sys.stdout.write(f"{name:16} {form:5} {len(found):5} entries  {len(other):4} differences\n")
            sys.stdout.writelines(f"    {each}\n" for each in other[:5])
            wrong += bool(other)
    service.close_now()
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
