"""Which addresses the panel has: a dashboard, and one view for each resource."""

from flask_admin import Admin

from backoffice.admin.dashboard import Dashboard
from backoffice.admin.history import HistoryView
from backoffice.admin.jobs import JobView
from backoffice.admin.lean import Lean
from backoffice.admin.markup import hidden
from backoffice.admin.parameters import PLACED
from backoffice.admin.parts import part
from backoffice.admin.view import ResourceView
from backoffice.core import alone
from backoffice.core.resource import resources
from backoffice.core.web.nonce import csp_nonce

# Most resources need nothing but what follows from their model.
OWN = {"job": JobView, "change": HistoryView}


def init_app(app):
    """Mount the panel under /admin/."""
    admin = Admin(name=app.config["SITE_NAME"], index_view=Dashboard(), csp_nonce_generator=csp_nonce)
    admin.add_views(*(OWN.get(name, ResourceView)(model) for name, model in resources().items()))
    admin.init_app(app)
    alone.offer(app, (f"{name}.index_view" for name in resources() if name not in OWN), PLACED)
    app.jinja_env.add_extension(Lean)
    app.add_template_global(part)
    app.add_template_global(hidden)
