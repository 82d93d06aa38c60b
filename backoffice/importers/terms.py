"""The categories and tags of an export, and the tree that its categories make."""

from itertools import chain, count

from sqlalchemy import select

from backoffice.core.types import slugify
from backoffice.importers.job import cut
from backoffice.importers.records import CATEGORY, TAG, where
from backoffice.models.content import DEEPEST, Category, Tag

MODELS = {CATEGORY: Category, TAG: Tag}
PLURALS = {CATEGORY: "categories", TAG: "tags"}
LONGEST = 180  # of a slug, so that a number fits behind it
AT_ONCE = 500


def take(job, survey):
    """Make or find a row for every category and tag, then put the new categories below their parents."""
    for kind in MODELS:
        terms = [term for (one, _slug), term in survey.terms.items() if one == kind]
        new = _Taker(job, kind).take(terms)
        if kind == CATEGORY:
            _plant(job, new, {term.slug: term for term in terms})


class _Taker:
    """The terms of one kind on their way in."""

    def __init__(self, job, kind):
        self.job, self.kind, self.model = job, kind, MODELS[kind]
        rows = job.session.execute(select(self.model.id, self.model.slug, self.model.name)).all()
        self.slugs = {slug: key for key, slug, _name in rows}
        self.names = {name: key for key, _slug, name in rows}
        self.claimed = set()

    def take(self, terms):
        """Write the terms that are not there; return theirs → ours for the new ones."""
        known = self.job.known(self.kind, self.model, [term.slug for term in terms])
        self.claimed |= set(known.values())
        new = {}
        for term in terms:
            key = known.get(term.slug) or self._same(term)
            if key is None:
                row = self._made(term)
                if row is None:
                    continue
                key = new[term.slug] = row.id
                self.job.report.taken[PLURALS[self.kind]] += 1
            else:
                self.job.report.there[PLURALS[self.kind]] += 1
            self.job.terms[self.kind, term.slug] = key
        return new

    def _same(self, term):
        """Return the key of the row that is this term though no import made it: of the same address, or tag name."""
        key = self.slugs.get(slugify(term.slug))
        if key is not None and key not in self.claimed:
            return self._claimed(term, key)
        key = self.names.get(cut(term.name, 120)) if self.kind == TAG else None
        if key is None:
            return None
        if key in self.claimed:
            self.job.report.change("two tags of one name became one", f"{where(term.line)}: “{term.name}”")
        return self._claimed(term, key)

    def _claimed(self, term, key):
        self.claimed.add(key)
        self.job.remember(self.kind, [(term.slug, self.job.session.get_one(self.model, key))])
        return key

    def _made(self, term):
        job, what = self.job, f"{where(term.line)}: {self.kind} “{term.name}”"
        values = {"name": cut(term.name, 120), "slug": self._free(slugify(term.slug) or slugify(term.name))}
        if self.kind == CATEGORY:
            values["description"] = term.description or None
        row = job.made(self.model, what, values)
        if row is not None:
            job.session.add(row)
            job.session.flush()
            job.remember(self.kind, [(term.slug, row)])
            self.claimed.add(row.id)
            self.slugs[row.slug] = self.names[row.name] = row.id
        return row

    def _free(self, stem):
        stem = stem[:LONGEST].rstrip("-") or self.kind
        numbered = (f"{stem}-{number}" for number in count(2))
        return next(slug for slug in chain([stem], numbered) if slug not in self.slugs)


def _plant(job, new, terms):
    """Put the new categories below their parents, which may stand anywhere in the file."""
    for slug, key in new.items():
        parent = terms[slug].parent
        above = job.terms.get((CATEGORY, parent))
        if parent and (above is None or _circles(slug, terms)):
            what = f"{where(terms[slug].line)}: “{terms[slug].name}”"
            job.report.change("a category's parent is missing or below it: it stands at the top", what)
        elif parent:
            job.session.get_one(Category, key).parent_id = above
    job.session.flush()


def _circles(slug, terms):
    """Tell whether the way up from a category comes back to it, or never ends."""
    seen, above = {slug}, terms[slug].parent
    while above and above in terms:
        if above in seen or len(seen) >= DEEPEST:
            return True
        seen.add(above)
        above = terms[above].parent
    return False
