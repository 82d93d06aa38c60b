"""The page on which one says what becomes of columns and relations of many rows: each stays as it is, unless said."""

from wtforms.form import BaseForm

from backoffice.admin.forms import PREFIX, field_for
from backoffice.admin.forms.fields import Select, Tick
from backoffice.admin.forms.pickers import Many, Picker, Source, Target
from backoffice.admin.relations.named import Present
from backoffice.core.access import can
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import joined
from backoffice.core.operation import altering
from backoffice.core.operation.altering import Edit, clearable, is_many
from backoffice.core.resource import columns, labels, relations
from backoffice.core.types import Choice
from backoffice.core.writing import governed

# What is to be done with a field, and the fields themselves; nothing else of the page begins so.
DO, TO, ADD, REMOVE = "do-", "to-", "add-", "remove-"
LEAVE, SET, CLEAR = "", "set", "clear"
VALUE = "="  # before a value that is chosen without being typed
FIND = "find:"
YES, NO = "yes", "no"


def offered(view):
    """Tell whether there is anything that the acting person may change on many rows."""
    return view.may("update") and bool(altering.fields(view.user, view.model))


def page(view, asked):
    """Return the page with all that was typed and ticked so far."""
    return view.render(
        "admin/bulk/change.html",
        title=_("Change: %(kind)s", kind=view.plural),
        asked=asked,
        form=asked.work.form,
        lookup=f"{view.home()}ajax/lookup/?name=",
        back=asked.back,
    )


class Line:
    """One column or relation on the page: the `ways` there are (word, words), and the fields that belong to it."""

    def __init__(self, name, label, ways, *, fields=(), field=None):
        self.name, self.label, self.ways = name, label, ways
        self.fields, self.field = fields, field
        self.do, self.errors = LEAVE, []

    @property
    def id(self):
        """The id of what says what is done with it."""
        return f"{PREFIX}{DO}{self.name}"


class ChangeForm:
    """What a user wants to become of many rows of a model."""

    def __init__(self, user, model):
        self.user, self.model = user, model
        self.names = altering.fields(user, model)
        self.made = BaseForm(dict(pair for name in self.names for pair in self._fields(name)))
        self._process(None)
        self.lines = [line for name in self.names if (line := self._line(name))]
        self.form_errors, self.conflicts = [], {}

    @property
    def problems(self):
        """Return the sentences to show on top: pairs of a line (or None) and what is wrong with it."""
        beside = [(line, sentence) for line in self.lines for sentence in line.errors]
        return [(None, sentence) for sentence in self.form_errors] + beside

    def fill(self, sent):
        """Take what was typed and ticked."""
        self._process(sent)
        self.made.validate()
        for line in self.lines:
            line.do = sent.get(f"{DO}{line.name}", LEAVE)
            line.errors = list(self._wrong(line))
        known = {name for pair in self._sendable() for name in pair}
        for name in sent:
            if name.startswith((DO, TO, ADD, REMOVE)) and name not in known and sent.get(name):
                self.form_errors.append(_("You may not change this."))
                break
        if not self.problems and not self.edits():
            self.form_errors.append(_("Choose at least one field that is to change."))

    def find(self, sent):
        """Look for rows to choose when a button asked for that; tell whether one did."""
        asked = [name.removeprefix(FIND) for name in sent if name.startswith(FIND)]
        for name in asked:
            if name in self.made and isinstance(self.made[name], Picker):
                self.made[name].find(sent.get(f"{name}-find", ""))
        if asked:
            self.form_errors = []
            for line in self.lines:
                line.errors = []
        return bool(asked)

    def is_right(self):
        """Tell whether all that was typed can be meant."""
        return not self.problems

    def tell(self, problems):
        """Put what was refused beside its field, and the rest on top."""
        lines = {line.name: line for line in self.lines}
        for name, sentence in problems.items():
            if name in lines:
                lines[name].errors.append(sentence)
            else:
                self.form_errors.append(sentence)

    def edits(self):
        """Return what becomes of columns and relations, as the core takes it."""
        return {line.name: edit for line in self.lines if (edit := self._edit(line)) is not None}

    def summary(self):
        """Return in words what is to become of what: pairs of a label and sentences."""
        return [(line.label, list(self._said(line))) for line in self.lines if self._edit(line) is not None]

    def carried(self, sent):
        """Return what was sent about the fields, for the next page to send it again."""
        return [
            (name, value)
            for name, value in sent.items(multi=True)
            if name.startswith((DO, TO, ADD, REMOVE)) and not name.endswith(("-find", "-found"))
        ]

    def _process(self, sent):
        pickers = [name for name, field in self.made._fields.items() if isinstance(field, Picker)]
        self.made.process(sent, data={name: Present() for name in pickers})
        for field in self.made:
            # Left as it is, a field is no less empty for being required.
            field.flags.required = False

    def _fields(self, name):
        """Yield the fields of a column or relation: pairs of the name in the form and the field."""
        relation = relations(self.model).get(name)
        label = str(labels(self.model, name))
        if relation is None:
            field = field_for(self.user, self.model(), name)
            if field is not None:
                yield f"{TO}{name}", field
            return
        source = Source(self.user, relation.mapper.class_)
        if not is_many(self.model, name):
            yield f"{TO}{name}", Target(label, id=PREFIX + name, source=source)
            return
        adding, removing = _("Add: %(field)s", field=label), _("Remove: %(field)s", field=label)
        yield f"{ADD}{name}", Many(adding, id=f"{PREFIX}{ADD}{name}", source=source)
        yield f"{REMOVE}{name}", Many(removing, id=f"{PREFIX}{REMOVE}{name}", source=source)

    def _line(self, name):
        label = str(labels(self.model, name))
        if is_many(self.model, name):
            return Line(name, label, (), fields=(self.made[f"{ADD}{name}"], self.made[f"{REMOVE}{name}"]))
        field = self._typed(name)
        leave = [(LEAVE, _("Leave as is"))]
        clear = [(CLEAR, _("Leave it empty from now on"))] if clearable(self.model, name) else []
        if field is None and name not in governed(self.model):
            return None  # of a kind that nobody can type
        if field is None or isinstance(field, Select | Tick):
            values = [(f"{VALUE}{word}", words) for word, words in self._values(name, field)]
            return Line(name, label, [*leave, *values, *clear]) if values else None
        return Line(name, label, [*leave, (SET, _("Set to")), *clear], field=field)

    def _typed(self, name):
        return next((field for field in self.made if field.name == f"{TO}{name}"), None)

    def _values(self, name, field):
        """Return the words that can be chosen for a column, and what they are called."""
        moves = governed(self.model).get(name)
        column = columns(self.model)[name]
        may = None if moves is None else {value for value, one in moves.items() if can(self.user, one.name, self.model)}
        if isinstance(column.type, Choice):
            said = column.info.get("labels", {})
            return [(one, str(said.get(one, one))) for one in column.type.values if may is None or one in may]
        if isinstance(field, Select):
            return [(word, words) for word, words in field.options if word != ""]
        offers = ((YES, True, _("Yes")), (NO, False, _("No")))
        return [(word, words) for word, value, words in offers if may is None or value in may]

    def _wrong(self, line):
        """Yield what is wrong with what was said about a line."""
        if line.fields:
            for field in line.fields:
                yield from field.errors
            return
        if line.do not in dict(line.ways):
            yield _("Choose one of those offered.")
        elif line.field is None:
            return
        elif line.do == SET:
            yield from line.field.errors
            if not line.field.errors and self._is_empty(line.field):
                yield _("This field is required.")
        elif not self._is_empty(line.field):
            yield _("You filled this in, but chose not to set it.")

    @staticmethod
    def _is_empty(field):
        return not field.chosen if isinstance(field, Picker) else not "".join(field.raw_data or ()).strip()

    def _sendable(self):
        for line in self.lines:
            yield (f"{DO}{line.name}",)
        for field in self.made:
            yield field.name, f"{field.name}-find", f"{field.name}-found"

    def _edit(self, line):
        if line.fields:
            add, remove = (tuple(sorted(field.selected)) for field in line.fields)
            return Edit(add=add, remove=remove) if add or remove else None
        if line.do == LEAVE:
            return None
        if line.do == CLEAR:
            return Edit()
        if line.field is None:
            return Edit(self._chosen(line))
        return Edit(line.field.chosen[-1].key if isinstance(line.field, Picker) else line.field.data)

    def _chosen(self, line):
        """Return the value of a column that was chosen by its word."""
        word, field = line.do.removeprefix(VALUE), self._typed(line.name)
        if isinstance(columns(self.model)[line.name].type, Choice):
            return word
        return field.read(word) if isinstance(field, Select) else word == YES

    def _said(self, line):
        if line.fields:
            for words, field in zip((_("Add"), _("Remove")), line.fields, strict=True):
                if field.chosen:
                    yield _("%(field)s:", field=words) + " " + joined(one.label for one in field.chosen)
        elif line.do == SET and isinstance(line.field, Picker):
            yield line.field.chosen[-1].label
        else:
            yield line.field.write(line.field.data) if line.do == SET else dict(line.ways)[line.do]
