"""Writes the tables of rights and of their probes in security.md from the models' declarations."""

import re
from collections import Counter
from pathlib import Path

import matrix

PAGE = Path(__file__).resolve().parent / "security.md"
DECLARED = (matrix.EDITOR, matrix.MODERATOR, matrix.AUTHOR)
REFUSALS = (matrix.NOT_FOUND, matrix.LEFT_OUT, matrix.SIGN_IN)


def page():
    """Return the page as it should be."""
    text = PAGE.read_text()
    for name, made in {
        "rights": rights(),
        "fields": fields(),
        "doors": doors(),
        "rows": rows(),
        "sum": total(),
    }.items():
        part = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)", re.DOTALL)
        text = part.sub(lambda _old, made=made: f"{made}\n", text)
    return text


def table(head, lines):
    """Return a table of Markdown."""
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in cells)


def rights():
    """Return the first rights of each role, by resource."""
    models = matrix.subjects()
    lines = [[f"`{name}`", *(held(role, model) for role in DECLARED)] for name, model in models.items()]
    return table(["resource", *DECLARED], lines)


def held(role, model):
    """Return what a role may do with a resource, in words."""
    return " ".join(f"`{word}`" for word in matrix.words(role, model)) or "none"


def fields():
    """Return the columns that ask for a right of their own, and those that nobody sees."""
    lines = []
    for name, model in matrix.subjects().items():
        lines += [[f"`{name}.{column}`", f"`{name}.{verb}`"] for column, verb in model.resource.fields.items()]
        lines += [[f"`{name}.{column}`", "nobody"] for column in matrix.secrets(model)]
    return table(["column", "seen and set with the right"], lines)


def doors():
    """Return how many knocks at each kind of door are let in, of how many, by person."""
    return counted(lambda probe: probe.door.partition(":")[0], "route")


def rows():
    """Return how many knocks about each kind of row are let in, of how many, by person."""
    return counted(lambda probe: f"`{probe.model}`, {probe.whose}", "object")


def counted(of, head):
    """Return a table of the knocks that are let in and of all, grouped by what `of` says of each."""
    probes = matrix.every_probe()
    every = Counter((of(one), one.person) for one in probes)
    let_in = Counter((of(one), one.person) for one in probes if one.expected == matrix.ALLOWED)
    kinds = list(dict.fromkeys(of(one) for one in probes))
    lines = [[kind, *(f"{let_in[kind, one]} / {every[kind, one]}" for one in matrix.PEOPLE)] for kind in kinds]
    return table([head, *matrix.PEOPLE], lines)


def total():
    """Return what the knocks come to."""
    came = Counter(one.expected for one in matrix.every_probe())
    told = {
        "let in, and on record where something was written": came[matrix.ALLOWED],
        "answered as if there were no such row or page": came[matrix.NOT_FOUND],
        "answered without the row": came[matrix.LEFT_OUT],
        "sent to sign in": came[matrix.SIGN_IN],
        "**together**": f"**{came.total()}**",
        "come out otherwise": "0, or the tests fail",
    }
    return table(["what comes of it", "knocks"], [[what, number] for what, number in told.items()])


if __name__ == "__main__":
    PAGE.write_text(page())
