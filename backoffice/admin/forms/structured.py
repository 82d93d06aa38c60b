"""How values of any shape are typed: as JSON, read back exactly or refused with the line where it breaks off."""

import json

from backoffice.admin.forms.fields import Paragraphs
from backoffice.core.catalogues import gettext as _


class Json(Paragraphs):
    """A value as JSON."""

    def write(self, value):
        """Return the value as text, indented; nothing where there is none."""
        return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)

    def read(self, text):
        """Return the value; raises ValueError for what is no JSON, or what no database can hold."""
        try:
            value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
            # Half of a character may be written as "\\ud800", and is no text.
            plain = json.dumps(value, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            raise ValueError(_("This is no JSON: it breaks off in line %(line)d.", line=error.lineno)) from error
        except (RecursionError, UnicodeEncodeError) as error:
            raise ValueError(_("This holds something that cannot be stored.")) from error
        if b"\\u0000" in plain:
            raise ValueError(_("This text holds a character that cannot be stored."))
        return value

    def nothing(self):
        """Return nothing, which the column's default may fill."""


def _refuse(word):
    raise ValueError(_("“%(word)s” is no number in JSON.", word=word))


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(_("In one object each name may stand once."))
    return found
