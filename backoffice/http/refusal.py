"""Which requests are refused before any view sees them."""

from urllib.parse import unquote_to_bytes

from flask import Request, abort, current_app, request, session
from flask_login import current_user

from backoffice.core.catalogues import gettext as _

LONGEST_QUERY = 8 * 1024
MOST_PARAMETERS = 100
MOST_FIELDS = 5000


class StrictRequest(Request):
    """A request whose body is refused, not quietly emptied, when it cannot be read."""

    def make_form_data_parser(self):
        """Return the parser that raises ValueError for a body that is not what its type says."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser


def refuse():
    """Answer 400 to text that no database can hold and to more parameters than any page has."""
    query = request.query_string
    if len(query) > LONGEST_QUERY or query.count(b"&") >= MOST_PARAMETERS:
        abort(400, _("The address has too many parameters, or they are too long."))
    if not (_is_text(_raw_path()) and _is_text(unquote_to_bytes(query))):
        abort(400, _("The address holds characters that are not text."))
    # An unknown address is answered 404 whatever was sent there, without reading it.
    if request.routing_exception is not None:
        return
    _make_room()
    if _fields() > MOST_FIELDS:
        abort(413)
    if not _form_is_text():
        abort(400, _("The form holds characters that are not text."))


def _make_room():
    """Let those whom the view takes large bodies from send as much as it says, which is more than forms hold."""
    view = current_app.view_functions[request.endpoint]
    largest = getattr(view, "largest", None)
    if not largest or "_user_id" not in session or not request.content_length:
        return
    # Nothing of the body has been read so far; who has no business here is told so by its length alone.
    usual = request.max_content_length or 0
    if request.content_length > usual and view.admits_large(view.__self__, current_user):
        request.max_content_length = current_app.config[largest]


def _raw_path():
    # WSGI hands the path over as bytes dressed as Latin-1; Flask's own reading would hide broken ones.
    return request.environ.get("PATH_INFO", "").encode("latin-1", "replace")


def _is_text(value):
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


def _fields():
    # Flask counts the parts of one kind of form only; taking apart millions in the other takes seconds.
    if request.mimetype != "application/x-www-form-urlencoded":
        return 0
    if (request.content_length or 0) > (request.max_form_memory_size or 0):
        abort(413)
    return request.get_data(parse_form_data=False).count(b"&")


def _form_is_text():
    try:
        form, files = request.form, request.files
    except ValueError:
        return False
    names = (file.filename or "" for file in files.values())
    return not any("\0" in text for text in (*form, *(v for _k, v in form.items(multi=True)), *names))
