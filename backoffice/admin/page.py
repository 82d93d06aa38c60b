"""Who may come in, and in what dress the panel shows its pages."""

from urllib.parse import quote, urlencode, urlsplit

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask_admin import BaseView

from backoffice.admin import menu, partial
from backoffice.admin.messages import tell
from backoffice.core.access import NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import actor
from backoffice.core.web.redirects import safe_target

SAFE_METHODS = frozenset({"GET", "HEAD"})
# What an address may hold as it is; url_for leaves it too.
PLAIN = "!$'()*,/:;?@"


class Page(BaseView):
    """One part of the panel: it asks for a signed-in person before each of its views."""

    @property
    def user(self):
        """The acting person."""
        return actor().user

    def admits(self, name):  # noqa: ARG002 - parts that ask for rights look at the view's name
        """Tell whether the acting person may come to the view called `name`."""
        return True

    def render(self, template, **context):
        """Return a page of the panel."""
        return render_template(
            template,
            view=self,
            user=self.user,
            site=self.admin.name,
            sections=menu.sections(self.user),
            **context,
        )

    def _handle_view(self, name, **_arguments):
        partial.lead_out_of_trouble()
        if self.user is None:
            return self._ask_to_sign_in()
        # What one may not do is not there, whatever the reason.
        return None if self.admits(name) else abort(404)

    def _ask_to_sign_in(self):
        if wants_json():
            answer = jsonify(status=401)
            answer.status_code = 401
            return answer
        # A form is not sent a second time after signing in: one comes back to the page it stood on.
        asked = request.full_path.rstrip("?")
        if request.method not in SAFE_METHODS:
            asked = request.form.get("url")
            tell(_("You have been signed out, so nothing was done. Sign in, then do it again."), "error")
        login = url_for("security.login", next=safe_target(asked) or self.home())
        return partial.give_way(login) if partial.wanted() else redirect(login)

    def home(self):
        """Return the address of this part's first page."""
        # What url_for says too, in a tenth of its time; a page asks dozens of times.
        return f"{request.script_root}{self.url}/"

    def at(self, place, **values):
        """Return the address of what stands at `place` ("new/") under this part's first page, with these values."""
        return f"{self.home()}{place}{'?' if values else ''}{urlencode(values, safe=PLAIN)}"

    def _run_view(self, fn, *args, **arguments):
        # Flask-Admin's own tries again after any TypeError and so hides where it came from.
        try:
            return fn(self, *args, **arguments)
        except NotFound:
            return abort(404)


def wants_json():
    """Tell whether a program asks, not a person in front of a page."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def public_address(row):
    """Return the address at which visitors see a row, or "" while they do not."""
    path = row.public_path()
    return f"{request.script_root}{quote(path)}" if path else ""


def return_target(otherwise):
    """Return the address the person came from, when it is one of this host, else `otherwise`."""
    return safe_target(request.values.get("url")) or otherwise


def came_from(home):
    """Return the page at `home` whose link was followed, with all its address says, else `home` itself.

    Browsers tell it on their own; so the links of a list need not all repeat it.
    """
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host or parts.path != home:
        return home
    return safe_target(f"{home}?{parts.query}" if parts.query else home) or home
