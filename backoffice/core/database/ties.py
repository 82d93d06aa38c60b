"""In which order an index holds rows that are equal in its column: that of their keys."""

from sqlalchemy import Index, Table


def broken(table: Table) -> None:
    """Let an index of one column be one to sort by: the key follows the column, unless the model has such a one."""
    there = [list(index.columns) for index in table.indexes]
    for index in list(table.indexes):
        (first, *more) = index.columns
        if not more and not index.unique and not first.foreign_keys:
            table.indexes.discard(index)
            if [first, table.c.id] not in there:
                Index(None, first, table.c.id)
