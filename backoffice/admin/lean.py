"""Templates without their indentation: it is for those who write them and would be a tenth of every page."""

import re

from jinja2.ext import Extension

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
# A line that holds a tag or a comment alone; the line break before it is enough.
ALONE = re.compile(r"^(\{(?:%|#).*?)(?<![-+])(%|#)\}$", re.MULTILINE)


class Lean(Extension):
    """What is left of the panel's templates before they are compiled; what is put into them stays as it is."""

    def preprocess(self, source, name, filename=None):  # noqa: ARG002 - Jinja passes it by name
        """Return the source with as many lines, so that mistakes are found where they stand."""
        if not (name or "").startswith("admin/"):
            return source
        return ALONE.sub(_closed, INDENTATION.sub("", source))


def _closed(line):
    # A line with a second tag has text between the two.
    several = line[0].count("{%") + line[0].count("{#") + line[0].count("{{") > 1
    return line[0] if several else f"{line[1]}-{line[2]}}}"
