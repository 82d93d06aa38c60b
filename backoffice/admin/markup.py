"""HTML written in Python, where a template would be asked too often: whatever is not markup already is escaped."""

from functools import partial

from markupsafe import Markup, escape

# Text that is known to be harmless, as markup. The class called by name asks first whether it is given a text at all,
# in five times the time, and a page makes hundreds.
harmless = partial(str.__new__, Markup)
HIDDEN = '<input type="hidden" name="%(name)s" value="%(value)s">'


def fill(shape, **values):
    """Return HTML: `shape`, which stands in the code, with these values where it names them as %(so)s."""
    # The library's own way of filling does the same in three times the time, and a page does it hundreds of times.
    for name, value in values.items():
        if type(value) is not Markup:
            values[name] = escape(value)
    return harmless(shape % values)


def fix(shape, **values):
    """Return a shape with these values for good, where it names them as {so}."""
    return shape.format(**{name: str(escape(value)).replace("%", "%%") for name, value in values.items()})


def hidden(pairs):
    """Return the hidden fields that carry part of an address through a form."""
    return joined([fill(HIDDEN, name=name, value=value) for name, value in pairs])


def joined(parts, between=""):
    """Return pieces of markup as one; text among them is escaped."""
    return harmless(between.join([part if type(part) is Markup else escape(part) for part in parts]))
