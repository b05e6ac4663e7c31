"""Where rendered feeds go, and where they are put together: files.

files     documents replaced whole, and only when changed
staging   many files written, synced and renamed together
spool     rendered entries that need not be in memory
"""

from __future__ import annotations

from feedsvc.publish.publisher import MODE, STAGING, FilePublisher, parts
from feedsvc.publish.spool import FileSpool

__all__ = ["MODE", "STAGING", "FilePublisher", "FileSpool", "parts"]
