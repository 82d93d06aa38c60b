"""Flask-Admin on the application's tables: as it comes, or tuned as its documentation tells."""

import os
import sys

import tables
from flask import Flask, redirect, request
from flask_admin import Admin
from flask_admin.actions import action
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, UserMixin, current_user, login_user
from serving import serve, told
from sqlalchemy.orm import scoped_session

NAME, PASSWORD = os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"]
FORM = '<form method="post"><input name="username"><input name="password" type="password"></form>'

app = Flask(__name__)
app.config["SECRET_KEY"] = PASSWORD
login = LoginManager(app)
session = scoped_session(tables.sessions)
app.teardown_appcontext(lambda _error: session.remove())


class Person(UserMixin):
    """The one who is signed in; like most applications, this one reads the account for each request."""

    def __init__(self, row):
        self.id, self.name = str(row.id), row.name


@login.user_loader
def load(key):
    """Return the account with this key."""
    row = session.get(tables.User, int(key))
    return row and Person(row)


@app.route("/login", methods=["GET", "POST"])
def sign_in():
    """Let the one account of the run in."""
    if request.method == "GET":
        return FORM
    if (request.form["username"], request.form["password"]) != (NAME, PASSWORD):
        return FORM, 403
    login_user(Person(session.query(tables.User).order_by(tables.User.id).first()))
    return redirect("/admin/")


class Closed(ModelView):
    """A view for those who are signed in, with addresses that name their filters."""

    page_size = 50
    named_filter_urls = True

    def is_accessible(self):
        """Tell whether somebody is signed in."""
        return current_user.is_authenticated


class Posts(Closed):
    """Posts with all that Flask-Admin does unasked."""

    column_list = tables.POST_COLUMNS
    column_searchable_list = tables.SEARCHED
    column_filters = ("status", "category_id")
    form_columns = tables.POST_FORM
    can_export = True
    column_export_list = tables.POST_COLUMNS
    export_max_rows = 0


class Comments(Closed):
    """Comments with all that Flask-Admin does unasked."""

    column_list = tables.COMMENT_COLUMNS
    column_filters = ("status",)

    @action("approve", "Approve")
    def approve(self, keys):
        """Approve the ticked comments."""
        tables.approve(self.session, [int(key) for key in keys])


class TunedPosts(Posts):
    """Posts without a count, with joined authors and categories, and relations found by typing."""

    simple_list_pager = True
    column_auto_select_related = False
    column_select_related_list = (tables.Post.author, tables.Post.category)
    form_ajax_refs = {
        "author": {"fields": ("name",), "page_size": 10},
        "category": {"fields": ("name",), "page_size": 10},
        "tags": {"fields": ("name",), "page_size": 10},
    }


class TunedComments(Comments):
    """Comments without a count, with joined authors and posts."""

    simple_list_pager = True
    column_auto_select_related = False
    column_select_related_list = (tables.Comment.author, tables.Comment.post)
    form_ajax_refs = {"author": {"fields": ("name",)}, "post": {"fields": ("title",)}}


posts, comments = (TunedPosts, TunedComments) if tables.TUNED else (Posts, Comments)
admin = Admin(app, name="Bench")
admin.add_view(posts(tables.Post, session))
admin.add_view(comments(tables.Comment, session))

if __name__ == "__main__":
    tables.engine.dispose()
    serve(told(app, tables.Tally), int(sys.argv[1]))
