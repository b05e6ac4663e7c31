"""What visitors' SQL may name: functions, modules of virtual tables, pragmas. Data only; what is not listed is refused.

A function is here only if it can neither reach outside of the query (a file, a pointer, the log, another connection) nor run
longer than its arguments are long: SQLite looks at the clock between two instructions, and a function is one of them. A test
fails when the SQLite or the Datasette that is installed has a function or a module that neither list names.
"""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = frozenset(
    """
    abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat concat_ws cos cosh
    count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank escape_fts exp
    feedsvc_query feedsvc_seg feedsvc_strip first_value floor format fts5_get_locale fts5_locale glob group_concat
    hex highlight if ifnull iif instr json json_array json_array_length json_error_position json_extract
    json_group_array json_group_object json_insert json_object json_pretty json_quote json_remove json_replace
    json_set json_type json_valid jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert
    jsonb_object jsonb_remove jsonb_replace jsonb_set julianday lag last_insert_rowid last_value lead length like
    likelihood likely ln log log10 log2 lower ltrim match max median min mod nth_value ntile nullif octet_length
    percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians random rank replace
    round row_number rtrim sign sin sinh snippet soundex sqlite_version sqrt strftime string_agg substr substring
    subtype sum tan tanh time timediff total total_changes trim trunc typeof unhex unicode unistr unistr_quote
    unixepoch unlikely upper -> ->>
    """.split()  # noqa: SIM905 - a list of words is easier to read than one of strings
)
# Where one person asks, they may be asked for too; in public they are the cheapest way to fill the memory.
PRIVATE_FUNCTIONS: Final = frozenset(("randomblob", "zeroblob"))
# Known, and refused; why, for the reader of this list.
REFUSED_FUNCTIONS: Final = {
    "fts3_tokenizer": "tells and sets the address of a table of functions that SQLite then calls",
    "fts5": "hands out a pointer to the inside of FTS5",
    "fts5_insttoken": "for those who write a tokenizer",
    "fts5_source_id": "tells which version is attacked",
    "json_patch": "takes the product of the sizes of its two arguments, in one instruction",
    "jsonb_patch": "likewise",
    "load_extension": "runs a file",
    "matchinfo": "of FTS3 and FTS4, which no table here is",
    "offsets": "likewise",
    "optimize": "likewise, and writes",
    "regexp": "is none that SQLite has: whatever answers to the name can run for ever",
    "rtreecheck": "reads what it is not given",
    "rtreedepth": "of R-trees, which no table here is",
    "rtreenode": "likewise",
    "sqlite_compileoption_get": "tells how to attack it",
    "sqlite_compileoption_used": "likewise",
    "sqlite_log": "writes to the log",
    "sqlite_offset": "tells where a value lies in the file",
    "sqlite_source_id": "tells which version is attacked",
}

# Of virtual tables: those that are read without being made, and those that a table may be made of, as Datasette tries.
MODULES: Final = frozenset(("json_each", "json_tree", "fts3", "fts4", "fts5"))
REFUSED_MODULES: Final = {
    "bytecode": "shows the instructions of other queries",
    "carray": "takes a pointer",
    "dbpage": "reads and writes the pages of the file",
    "dbstat": "shows the pages of the file, at the price of reading all of it",
    "fts3tokenize": "calls what fts3_tokenizer was told to call",
    "fts4aux": "reads the index of a table that is named in its text",
    "fts5vocab": "likewise",
    "geopoly": "is an R-tree",
    "generate_series": "counts without an end",
    "jsonb_each": "not needed: json_each reads the same",
    "jsonb_tree": "likewise",
    "rtree": "no table here is one",
    "rtree_i32": "likewise",
    "sqlite_stmt": "shows the SQL of other visitors",
    "tables_used": "shows what other queries read",
}

# Pragmas about the thing that is named behind them, with the one that sqlite-utils sets wherever it is given a connection,
# as Datasette 1.0 does; and pragmas that are only asked, never set.
PRAGMAS_OF: Final = frozenset(
    (
        *("foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo"),
        "recursive_triggers",
    )
)
PRAGMAS: Final = frozenset(
    """
    cache_size collation_list data_version database_list encoding foreign_keys freelist_count function_list
    journal_mode max_page_count module_list page_count page_size pragma_list query_only recursive_triggers
    schema_version user_version
    """.split()  # noqa: SIM905 - a list of words is easier to read than one of strings
)
PRIVATE_PRAGMAS: Final = frozenset(("compile_options",))
