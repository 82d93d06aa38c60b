"""What another changed while a form was open: put together where it does not overlap, else shown to be chosen from."""

from dataclasses import dataclass

from backoffice.admin.forms.fields import Paragraphs, Tick, Typed, Upload
from backoffice.admin.forms.pickers import Many, Picker
from backoffice.admin.forms.rich import Rich
from backoffice.admin.forms.sides import BLOCK, Side, base_of, key_in, readable, side, stored, typed
from backoffice.admin.relations.lookup import pickable
from backoffice.admin.relations.named import option
from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import merging
from backoffice.core.history.decoding import decode
from backoffice.core.model import db
from backoffice.core.resource import labels, relation_of

CONFLICT, SINCE, CHOOSE = "conflict", "since", "choose-"
THEIRS, MINE, BOTH = "theirs", "mine", "both"


@dataclass(frozen=True)
class Conflict:
    """One value that two people changed: as both found it (None where that is not known), theirs, and yours.

    `who` changed it, in words; `both`: the two can be put together.
    """

    base: Side | None
    theirs: Side
    yours: Side
    who: str
    both: bool = False

    def told(self):
        """Return it for a program: what stood there when the sender read it, what stands there now, what was sent."""
        base = None if self.base is None else self.base.words
        return {"base": base, "theirs": self.theirs.words, "yours": self.yours.words, "who": str(self.who)}


def settle(form, sent):
    """Compare what was sent with what became of the row since the version it was written on.

    What others changed and the sender did not stays as it is stored; what both changed stands in `form.conflicts`
    until a choice is made; `form.merged` names what others changed. The form is then one of the present version.
    """
    form.blind = form.version is None
    listed = {name: sent.get(CHOOSE + name, "") for name in sent.getlist(CONFLICT) if name in form}
    earlier = _since(form, version(sent.get(SINCE))) if listed else None
    open_ = [name for name, choice in listed.items() if not _choose(form[name], choice, earlier)]
    if form.version != form.row.version:
        then = _since(form, form.version)
        form.conflicts = {one.name: found for one in form if (found := _compare(form, one, then))}
        form.merged = _merged(form, then)
    elif listed:
        form.since = version(sent.get(SINCE))
    for name in open_:
        if name not in form.conflicts and form[name].present:
            form.conflicts[name] = _conflict(form, form[name], earlier)
    form.version = form.row.version


def version(text):
    """Return a version that was sent as a number, or None when it can be none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _since(form, number):
    return merging.since(db.session(), form.row, number) if number else None


def _choose(field, choice, earlier):
    """Do with a field what was chosen for it, and tell whether that could be; one's own value stands in it already."""
    if choice == THEIRS:
        leave(field)
    elif choice == BOTH and earlier is not None and (both := _both(field, earlier)) is not None:
        field.raw_data = [both]
        field.data = both
    elif choice != MINE:
        return False
    elif isinstance(field, Upload) and not field.present:
        field.process_errors = [*field.process_errors, _("Choose the file again, or keep what is stored.")]
    return True


def leave(field):
    """Let a field hold what is stored, as if it had not been sent."""
    field.raw_data, field.process_errors = None, []
    if isinstance(field, Picker):
        field.process_data(field.object_data)
        field.new, field.file, field.word = [], None, ""
        return
    field.data = field.object_data
    if isinstance(field, Upload):
        field.file, field.removed = None, False


def _compare(form, field, then):
    """Put together what both did to a field; returns the conflict where that cannot be done."""
    if not field.present or not (field.changed or field.process_errors):
        return None
    if then is None:
        return _conflict(form, field, None)
    base = then.values.get(key_in(form, field))
    if isinstance(field, Many):
        return _join(field, set(base or ()))
    if _left(field, base):
        return leave(field)
    return None if _stands(field, base) else _conflict(form, field, then)


def _stands(field, base):
    """Tell whether what is stored is still what it was."""
    if isinstance(field, Picker):
        return field.object_data.keys | set(field.object_data.kept) == {base} - {None}
    return field.object_data == decode(field.column, base)


def _left(field, base):
    """Tell whether what was sent stands for `base`: whoever sent it changed nothing here."""
    if isinstance(field, Picker):
        # What was left chosen may be gone meanwhile: that is no mistake of whoever left it.
        gone = bool(field.missing) and field.missing <= {base} and not field.chosen
        return gone or (not field.adds and field.selected == {base} - {None})
    value = decode(field.column, base)
    if isinstance(field, Upload):
        return False
    if isinstance(field, Tick):
        return field.data == value
    typed = field.raw_data[0].replace("\r\n", "\n")
    return (field.data == value and not field.process_errors) or typed == field.write(value)


def _join(field, base):
    """Put two sets of rows together; what one cannot see stays as it is."""
    field.process_errors = [] if field.missing <= base else field.process_errors
    shown = {one.key: one for one in [*field.object_data.shown, *field.chosen]}
    wanted = merging.sets(base, field.object_data.keys, field.selected | field.missing)
    field.chosen = sorted((one for key, one in shown.items() if key in wanted), key=lambda one: one.key)


def _merged(form, then):
    """Return what others changed and who: (labels, account), as far as the acting person may see it."""
    names = then.changed if then else {}
    found = {}
    for name, who in names.items():
        shown = relation_of(form.model, name) or name
        if shown not in form.conflicts and may_see(form.user, form.model, shown):
            found.setdefault(who, []).append(str(labels(form.model, shown)))
    return [(called(form.user, who), words) for who, words in found.items()]


def called(user, key):
    """Return the name of an account, as far as `user` may name it."""
    target = type(user)
    row = db.session.scalar(pickable(user, target).where(target.id == key)) if key else None
    return option(user, row).label if row is not None else _("Someone")


def _conflict(form, field, then):
    who = called(form.user, then.changed.get(key_in(form, field))) if then else _("Someone")
    theirs, yours = stored(field), typed(field)
    if then is None:
        return Conflict(None, Side(theirs), Side(yours), who)
    base = base_of(form, field, then)
    plainly = isinstance(field, Rich) and len({readable(one) for one in (base, theirs, yours)}) > 1
    sides = [readable(one) if plainly else one for one in (base, theirs, yours)]
    both = _both(field, then) is not None
    first, second = (side(sides[0], one) for one in sides[1:])
    return Conflict(Side(sides[0]), first, second, who, both)


def _both(field, then):
    """Return a long text with what both changed in it, or None where both changed the same part."""
    if not isinstance(field, Paragraphs) or type(field).read is not Typed.read:
        return None
    base = field.write(decode(field.column, then.values.get(field.name)))
    texts = [base, field.write(field.object_data), field.raw_data[0].replace("\r\n", "\n")]
    made = merging.texts(*([part for part in BLOCK.split(one) if part] for one in texts))
    return None if made is None else "".join(made)
