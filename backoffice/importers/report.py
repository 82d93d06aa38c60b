"""What an import took, found there already, changed and left out, and why."""

from collections import Counter
from collections.abc import Iterator

# Of each reason this many examples are named; the number that stands before them is whole.
NAMED = 100
KINDS = {
    "users": "users",
    "categories": "categories",
    "tags": "tags",
    "posts": "posts",
    "pages": "pages",
    "comments": "comments",
    "pingbacks": "  of them pingbacks",
    "images": "images",
}


class _Reasons:
    """Why things were not taken as they were: for each reason how often, and where."""

    def __init__(self):
        self.counts, self.examples = Counter(), {}

    def add(self, reason, example):
        """Count one thing, and name it."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if example is not None and len(examples) < NAMED:
            examples.append(str(example))

    def lines(self):
        """Yield the reasons with what they befell."""
        for reason, count in self.counts.items():
            yield f"  {reason}: {count}"
            examples = self.examples[reason]
            yield from (f"    {example}" for example in examples)
            if examples and count > len(examples):
                yield f"    and {count - len(examples)} more"


class Report:
    """The outcome of one import."""

    def __init__(self):
        self.source, self.rehearsed = "", False
        self.taken, self.there = Counter(), Counter()
        self._changed, self._left = _Reasons(), _Reasons()

    @property
    def changed(self) -> Counter:
        """How many things were taken, but not as they were, by reason."""
        return self._changed.counts

    @property
    def left(self) -> Counter:
        """How many things were left out, by reason."""
        return self._left.counts

    def change(self, reason, what=None):
        """Say that something was taken, but not as it was."""
        self._changed.add(reason, what)

    def leave(self, reason, what=None):
        """Say that something was left out."""
        self._left.add(reason, what)

    def lines(self) -> Iterator[str]:
        """Yield what an operator reads."""
        yield self.source
        yield f"{'':<20}{'taken':>8}{'already there':>16}"
        for kind, label in KINDS.items():
            yield f"{label:<20}{self.taken[kind]:>8}{self.there[kind]:>16}"
        for title, reasons in (("Taken, but not as it was:", self._changed), ("Left out:", self._left)):
            if reasons.counts:
                yield title
                yield from reasons.lines()
        if self.rehearsed:
            yield "This was a rehearsal: nothing was kept."
