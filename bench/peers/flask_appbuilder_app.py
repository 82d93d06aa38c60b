"""Flask-AppBuilder on the application's tables; its own accounts and rights stand in the same database."""

import os
import sys

import tables
from flask import Flask, redirect
from flask_appbuilder import AppBuilder, ModelView, action
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface
from serving import serve, told

NAME, PASSWORD = os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"]

app = Flask(__name__)
app.config |= {
    "SECRET_KEY": PASSWORD,
    "SQLALCHEMY_DATABASE_URI": os.environ["DATABASE_URL"],
    "WTF_CSRF_ENABLED": True,
    "AUTH_RATE_LIMITED": False,
    "RATELIMIT_ENABLED": False,
}
db = SQLA(app)


class Named(ModelView):
    """What relations lead to."""

    list_columns = ["name"]


class Users(Named):
    """Authors."""

    datamodel = SQLAInterface(tables.User)


class Posts(ModelView):
    """Posts with all that Flask-AppBuilder does unasked."""

    datamodel = SQLAInterface(tables.Post)
    list_columns = list(tables.POST_COLUMNS)
    search_columns = ["title", "slug", "status", "category"]
    add_columns = edit_columns = list(tables.POST_FORM)
    page_size = 50


class Comments(ModelView):
    """Comments with all that Flask-AppBuilder does unasked."""

    datamodel = SQLAInterface(tables.Comment)
    list_columns = list(tables.COMMENT_COLUMNS)
    search_columns = ["status"]
    add_columns = edit_columns = ["body", "guest_name", "status"]
    page_size = 50

    @action("approve", "Approve", single=False)
    def approve(self, comments):
        """Approve the ticked comments."""
        tables.approve(self.datamodel.session, [comment.id for comment in comments])
        return redirect(self.get_redirect())


with app.app_context():
    builder = AppBuilder(app, db.session)
    builder.add_view(Posts, "Posts")
    builder.add_view(Comments, "Comments")
    security = builder.sm
    security.add_user(NAME, NAME, NAME, f"{NAME}@example.org", security.find_role("Admin"), PASSWORD)

if __name__ == "__main__":
    with app.app_context():
        db.engine.dispose()
    tables.engine.dispose()
    serve(told(app, tables.Tally), int(sys.argv[1]))
