"""How text, choices and pictures are typed: a field writes a stored value as text and reads it back."""

from wtforms import Field
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, EmailInput, FileInput, TextArea, TextInput, URLInput

from backoffice.core.catalogues import gettext as _
from backoffice.core.files.renditions import picture_url
from backoffice.core.model import arrive, required

INPUTS = {"email": EmailInput(), "url": URLInput()}
ACCEPTED = "image/png,image/jpeg,image/gif,image/webp"


class Told(Field):
    """A field that says what is to be typed, and what is wrong with it."""

    @property
    def described(self):
        """The ids of what explains it on the page: its help and its errors."""
        notes = (("help", self.description), ("error", self.errors))
        return " ".join(f"{self.id}-{note}" for note, there in notes if there)


class Typed(Told):
    """The value of one column as a person types it; a field that was not sent leaves the row as it is."""

    kind = "line"
    counted, follows = False, ""
    widget = TextInput()

    def __init__(self, label=None, *, column, **rest):
        super().__init__(label, **rest)
        self.column = column
        self.needed = required(column)
        self.flags.required = self.needed

    @property
    def present(self):
        """Tell whether the form that was sent held this field."""
        return bool(self.raw_data)

    @property
    def changed(self):
        """Tell whether it holds another value than is stored."""
        return self.data != self.object_data

    @property
    def stored(self):
        """Return the stored value as text, for comparing with what was typed."""
        return self.write(self.object_data)

    def _value(self):
        return self.raw_data[0] if self.raw_data else self.write(self.data)

    def process_formdata(self, valuelist):
        """Read what was typed; text that stands for the stored value leaves that value exactly as it is."""
        if not valuelist:
            return
        typed = valuelist[0].replace("\r\n", "\n")
        if typed == self.stored:
            self.data = self.object_data
            return
        try:
            self.data = self.read(typed) if typed.strip() else self.nothing()
        except ValueError:
            self.data = self.object_data
            raise

    def post_validate(self, form, validation_stopped):  # noqa: ARG002 - WTForms names them
        """Ask the column what it says to the value, so that all fields are judged at once."""
        if not self.present or self.errors:
            return
        if self.needed and self.data in (None, ""):
            raise ValidationError(_("This field is required."))
        if not self.changed:
            return  # it was judged when it was stored
        try:
            arrive(self.column, self.data)
        except (ValueError, TypeError) as error:
            raise ValidationError(str(getattr(error, "message", error))) from error

    def nothing(self):
        """Return what an empty field means: nothing, which the column's default may fill."""
        return

    def write(self, value):
        """Return a stored value as text."""
        return "" if value is None else str(value)

    def read(self, text):
        """Return typed text as a value; raises ValueError with a sentence."""
        return text


def _empty_text(column):
    return None if column.nullable or column.default is None else ""


class Line(Typed):
    """One line of text, of limited length."""

    counted = True

    def __init__(self, label=None, *, column, **rest):
        super().__init__(label, column=column, **rest)
        self.flags.maxlength = getattr(column.type, "length", None) or False
        self.widget = INPUTS.get(column.info.get("kind"), self.widget)

    def nothing(self):
        """Return the empty text where the column cannot hold nothing."""
        return _empty_text(self.column)


class Address(Typed):
    """A slug; left empty it follows from another column."""

    def __init__(self, label=None, *, column, follows="", **rest):
        super().__init__(label, column=column, **rest)
        self.follows = follows
        self.flags.maxlength = column.type.impl.length
        if column.info.get("from"):
            self.needed = self.flags.required = False


class Paragraphs(Typed):
    """Text of any length."""

    kind = "text"
    counted = True
    widget = TextArea()

    def __init__(self, label=None, *, column, rows=5, **rest):
        super().__init__(label, column=column, **rest)
        self.rows = rows

    def nothing(self):
        """Return the empty text where the column cannot hold nothing."""
        return _empty_text(self.column)


class Words(Paragraphs):
    """A list of short strings, one a line."""

    def write(self, value):
        """Return the list, one entry a line."""
        return "\n".join(value or ())

    def read(self, text):
        """Return the lines."""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def nothing(self):
        """Return the empty list."""
        return []


class Tick(Typed):
    """Yes or no; a hidden field beside the box tells "not ticked" from "not asked"."""

    kind = "check"
    widget = CheckboxInput()

    def __init__(self, label=None, *, column, **rest):
        super().__init__(label, column=column, **rest)
        self.needed = self.flags.required = False

    def _value(self):
        return "y"

    def process_formdata(self, valuelist):
        """Read the box."""
        if valuelist:
            self.data = any(value not in {"", "0", "false", "False", "no"} for value in valuelist)


class Select(Typed):
    """One word out of those that this user may choose for this row."""

    kind = "choice"

    def __init__(self, label=None, *, column, options, **rest):
        super().__init__(label, column=column, **rest)
        self.options = options

    def read(self, text):
        """Return the word; one that was not offered is refused."""
        if text not in {value for value, _label in self.options}:
            raise ValueError(_("Choose one of those offered."))
        return text


class Listed(Select):
    """One of the words, or of the Python members, of a database's own enumeration."""

    def write(self, value):
        """Return the word for a value."""
        return getattr(value, "name", value) or ""

    def read(self, text):
        """Return the value for a word."""
        word, members = super().read(text), self.column.type.enum_class
        return members[word] if members else word


class Upload(Typed):
    """A picture: a file to choose, or a box to tick that takes the present one away."""

    kind = "picture"
    widget = FileInput()

    def __init__(self, label=None, *, column, **rest):
        super().__init__(label, column=column, **rest)
        self.flags.accept = ACCEPTED
        self.file, self.removed = None, False
        self.flags.required = False

    @property
    def preview(self):
        """Return the address of the stored picture, or ""."""
        return picture_url(self.object_data, 320) if self.object_data else ""

    @property
    def present(self):
        """Tell whether a file was sent, or the box ticked."""
        return bool(self.file) or self.removed

    def process_formdata(self, valuelist):
        """Take nothing from text fields: the name of a stored file is nobody's to type."""

    def receive(self, form, files):
        """Take the file and the box from what was sent."""
        self.file = files.get(self.name) or None
        self.removed = not self.file and bool(form.get(f"{self.name}-remove")) and not self.needed

    def post_validate(self, form, validation_stopped):  # noqa: ARG002 - WTForms names them
        """Ask for a file where the row cannot do without."""
        if self.needed and not self.file and not self.object_data:
            raise ValidationError(_("Choose a picture."))
