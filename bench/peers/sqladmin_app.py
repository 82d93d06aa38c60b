"""SQLAdmin on the application's tables, signed in by the session as its documentation tells."""

import os

import tables
from asgi import Told
from sqladmin import Admin, ModelView, action
from sqladmin.authentication import AuthenticationBackend
from sqladmin.filters import ForeignKeyFilter, StaticValuesFilter
from starlette.applications import Starlette
from starlette.responses import RedirectResponse

NAME, PASSWORD = os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"]
Post, Comment = tables.Post, tables.Comment


class Session(AuthenticationBackend):
    """The one account of the run, kept in the session."""

    async def login(self, request):
        """Let the account in."""
        form = await request.form()
        known = (form["username"], form["password"]) == (NAME, PASSWORD)
        request.session.update({"token": NAME} if known else {})
        return known

    async def logout(self, request):
        """Forget the account."""
        request.session.clear()
        return True

    async def authenticate(self, request):
        """Tell whether the account is signed in."""
        return request.session.get("token") == NAME


def choices(*words):
    """Return these words with labels."""
    return [(word, word.title()) for word in words]


class Posts(ModelView, model=Post):
    """Posts."""

    column_list = [getattr(Post, name) for name in tables.POST_COLUMNS]
    column_searchable_list = [Post.title, Post.slug]
    column_sortable_list = [Post.created_at, Post.published_at]
    column_filters = [
        StaticValuesFilter(Post.status, choices("draft", "review", "scheduled", "published", "archived")),
        ForeignKeyFilter(Post.category_id, tables.Category.name),
    ]
    form_columns = [getattr(Post, name) for name in tables.POST_FORM]
    column_export_list = [getattr(Post, name) for name in tables.POST_COLUMNS]
    page_size = 50


class Comments(ModelView, model=Comment):
    """Comments."""

    column_list = [getattr(Comment, name) for name in tables.COMMENT_COLUMNS]
    column_filters = [StaticValuesFilter(Comment.status, choices("pending", "approved", "rejected", "spam"))]
    page_size = 50

    @action("approve", "Approve")
    async def approve(self, request):
        """Approve the ticked comments."""
        with tables.sessions() as session:
            tables.approve(session, [int(key) for key in request.query_params["pks"].split(",")])
        return RedirectResponse(request.url_for("admin:list", identity=self.identity), 303)


web = Starlette()
admin = Admin(web, tables.engine, authentication_backend=Session(secret_key=PASSWORD))
admin.add_view(Posts)
admin.add_view(Comments)
app = Told(web, tables.Tally)
tables.engine.dispose()
