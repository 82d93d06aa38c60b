"""Text that is written in an editor: what may stand in it, and where its pictures come from."""

import json

from backoffice.admin.forms.fields import Paragraphs
from backoffice.core.sanitizer import ATTRIBUTES, TAGS


class Rich(Paragraphs):
    """Text with headings, lists, links and pictures; what its editor is told of is what the sanitiser lets stay.

    `shelf` says where its pictures stand, and whether this user finds or adds some there; None if neither.
    """

    kind = "rich"
    rules = json.dumps({"tags": sorted(TAGS), "attributes": ATTRIBUTES})

    def __init__(self, label=None, *, column, shelf=None, **rest):
        super().__init__(label, column=column, **rest)
        self.shelf = shelf
