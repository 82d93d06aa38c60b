"""The floor: for the same rows the best statements that can be written by hand, in Python and without HTTP."""

import csv
import io
import statistics
import time

from data import PAGE
from sqlalchemy import bindparam, text

COLUMNS = (
    "p.id, p.title, p.status, p.published_at, p.created_at, p.author_id, u.name AS author, p.category_id,"
    " c.name AS category"
)
TAGS = text(
    "SELECT pt.post_id, t.id, t.name FROM post_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.post_id IN :keys"
).bindparams(bindparam("keys", expanding=True))
# The words of a post stand beside it with an index of their own, which finds a rare one; a common one soon turns up
# in the order of the page.
FOUND = {
    "postgresql": "p.id IN (SELECT id FROM post_search WHERE label LIKE :word)",
    "sqlite": "p.id IN (SELECT rowid FROM post_search WHERE label MATCH :word)",
}
COPY = """
    SELECT p.title, p.status, u.name AS author, c.name AS category, g.words, p.published_at, p.created_at FROM post p
    JOIN "user" u ON u.id = p.author_id LEFT JOIN category c ON c.id = p.category_id
    LEFT JOIN (
        SELECT pt.post_id, {together} AS words FROM post_tag pt JOIN tag t ON t.id = pt.tag_id GROUP BY pt.post_id
    ) g ON g.post_id = p.id ORDER BY p.id
"""
TOGETHER = {
    "postgresql": "string_agg(t.name, '; ' ORDER BY t.name)",
    "sqlite": "group_concat(t.name, '; ')",
}
APPROVED = "UPDATE comment SET status = 'approved', version = version + 1, updated_at = CURRENT_TIMESTAMP"


class Floor:
    """The statements of each operation on one connection."""

    def __init__(self, connection, facts):
        self.connection, self.facts, self.dialect = connection, facts, connection.dialect.name
        key = connection.execute(
            text("SELECT created_at, id FROM post ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET :rows"),
            {"rows": max(facts.deep_page * PAGE - 1, 0)},
        ).one()
        self.deep = {"at": key[0], "id": key[1]}

    def median(self, operation, seconds=10):
        """Return how many milliseconds the statements of an operation take: the median of up to 40 times."""
        work, times = getattr(self, f"_{operation}"), []
        while len(times) < 40 and sum(times) < seconds * 1000:
            start = time.perf_counter()
            work()
            times.append((time.perf_counter() - start) * 1000)
        self.connection.rollback()
        return statistics.median(times)

    def once(self, work):
        """Return how many seconds the statement of a work on a whole table takes; what it wrote is taken back."""
        start = time.perf_counter()
        getattr(self, f"_whole_{work}")()
        took = time.perf_counter() - start
        self.connection.rollback()
        return took

    def _whole_ticked(self):
        query = text(f"{APPROVED} WHERE id IN :keys").bindparams(bindparam("keys", expanding=True))
        self.connection.execute(query, {"keys": self.facts.ticked})

    def _whole_matching(self):
        self.connection.execute(text(f"{APPROVED} WHERE status = 'rejected'"))

    def _whole_export(self):
        query = COPY.format(together=TOGETHER[self.dialect])
        if self.dialect == "sqlite":
            rows = self.connection.execute(text(query))
            csv.writer(io.StringIO()).writerows(rows)
            return
        cursor = self.connection.connection.driver_connection.cursor()
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as sent:
            for _part in sent:
                pass

    def _first(self):
        self._page("", "p.created_at DESC, p.id DESC")

    def _dated(self):
        self._page("", "p.created_at, p.id")

    def _published(self):
        self._page("", "p.published_at DESC, p.id DESC")

    def _deep(self):
        self._page("WHERE (p.created_at, p.id) < (:at, :id)", "p.created_at DESC, p.id DESC", **self.deep)

    def _last(self):
        self._page("", "p.created_at, p.id")

    def _filtered(self):
        where = "WHERE p.status = 'published' AND p.category_id = :category"
        self._page(where, "p.created_at DESC, p.id DESC", category=self.facts.category)

    def _rare(self):
        word = {"postgresql": f"%{self.facts.rare}%", "sqlite": f'"{self.facts.rare}"'}[self.dialect]
        self._page(f"WHERE {FOUND[self.dialect]}", "p.created_at DESC, p.id DESC", word=word)

    def _common(self):
        where = "WHERE lower(p.title) LIKE :word OR lower(p.slug) LIKE :word"
        self._page(where, "p.created_at DESC, p.id DESC", word=f"%{self.facts.common}%")

    def _pending(self):
        self.connection.execute(
            text(
                "SELECT m.id, m.body, m.guest_name, m.status, m.created_at, u.name, p.title FROM"
                " (SELECT * FROM comment WHERE status = 'pending' ORDER BY created_at DESC, id DESC LIMIT :size) m"
                ' JOIN post p ON p.id = m.post_id LEFT JOIN "user" u ON u.id = m.author_id'
                " ORDER BY m.created_at DESC, m.id DESC"
            ),
            {"size": PAGE},
        ).all()

    def _edit(self):
        query = f'SELECT {COLUMNS}, p.* FROM post p JOIN "user" u ON u.id = p.author_id'
        query += " LEFT JOIN category c ON c.id = p.category_id WHERE p.id = :key"
        self.connection.execute(text(query), {"key": self.facts.key}).one()
        self.connection.execute(TAGS, {"keys": [self.facts.key]}).all()

    def _save(self):
        given = {"key": self.facts.key, "title": self.facts.title}
        self.connection.execute(text("UPDATE post SET title = :title WHERE id = :key"), given)
        self.connection.commit()

    def _page(self, where, order, **values):
        query = text(
            f"SELECT {COLUMNS} FROM (SELECT * FROM post p {where} ORDER BY {order} LIMIT :size) p"
            ' JOIN "user" u ON u.id = p.author_id LEFT JOIN category c ON c.id = p.category_id'
            f" ORDER BY {order}"
        )
        rows = self.connection.execute(query, {"size": PAGE, **values}).all()
        if rows:
            self.connection.execute(TAGS, {"keys": [row.id for row in rows]}).all()
