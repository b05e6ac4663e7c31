"""The archive in SQLite: three files, one writer. `archive.Archive` is the `feedsvc.ports.Store`.

    schema       the tables, as migrations          connection   opening, transactions, errors in our words
    archive      the port: commit, select, ...      writing      one batch, with frames (categories, authors), inserts, twins
    captures     raw bytes                          operations   runs, fetches, quarantine, due times
    search       words for FTS5                     slugs        category paths as file names

To add a table or column: a migration at the end of `schema`, and its description where Datasette shows it.
"""
