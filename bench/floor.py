"""The floor: for the same rows the best statements that can be written by hand, in Python and without HTTP."""

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
FOUND = "(lower(p.title) LIKE :word OR lower(p.slug) LIKE :word)"


class Floor:
    """The statements of each operation on one connection."""

    def __init__(self, connection, facts):
        self.connection, self.facts = connection, facts
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
        self._page(f"WHERE {FOUND}", "p.created_at DESC, p.id DESC", word=f"%{self.facts.rare}%")

    def _common(self):
        self._page(f"WHERE {FOUND}", "p.created_at DESC, p.id DESC", word=f"%{self.facts.common}%")

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
