"""starlette-admin on the application's tables, signed in by the session as its documentation tells."""

import os

import tables
from asgi import Told
from sqlalchemy import or_
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette_admin.actions import action
from starlette_admin.auth import AdminUser, AuthProvider
from starlette_admin.contrib.sqla import Admin, ModelView
from starlette_admin.exceptions import LoginFailed
from starlette_admin.export import ExportConfig
from starlette_admin.fields import HasMany, HasOne

NAME, PASSWORD = os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"]


class Session(AuthProvider):
    """The one account of the run, kept in the session."""

    async def login(self, username, password, remember_me, request):  # noqa: ARG002 - what it is called with
        """Let the account in."""
        if (username, password) != (NAME, PASSWORD):
            raise LoginFailed("Unknown")
        request.session["name"] = username

    async def logout(self, request):
        """Forget the account."""
        request.session.clear()

    async def authenticate(self, request):
        """Return the account that is signed in."""
        return AdminUser(username=NAME) if request.session.get("name") == NAME else None


class Named(ModelView):
    """What relations lead to."""

    fields = ["id", "name"]
    searchable_fields = ["name"]


class Posts(ModelView):
    """Posts."""

    fields = [
        "id",
        "title",
        "slug",
        HasOne("author", key="user"),
        HasOne("category", key="category"),
        HasMany("tags", key="tag"),
        "category_id",
        "status",
        "published_at",
        "created_at",
        "excerpt",
        "body",
    ]
    exclude_fields_from_list = ["id", "slug", "excerpt", "body"]
    exclude_fields_from_edit = ["id", "category_id", "published_at", "created_at"]
    exclude_fields_from_export = ["id", "slug", "category_id", "excerpt", "body"]
    action_select_all_limit = 10**9
    # Filtered can be only by what is shown and listed here; words are looked for in the first two alone.
    searchable_fields = [*tables.SEARCHED, "status", "category_id"]
    page_size = 50

    def get_search_query(self, request, term):  # noqa: ARG002 - what it is called with
        """Return the condition for posts that hold these words."""
        return or_(*(getattr(tables.Post, name).ilike(f"%{term}%") for name in tables.SEARCHED))


class Comments(ModelView):
    """Comments."""

    fields = [
        "id",
        "body",
        "guest_name",
        HasOne("author", key="user"),
        HasOne("post", key="post"),
        "status",
        "created_at",
    ]
    exclude_fields_from_list = ["id"]
    page_size = 50
    actions = ["approve"]
    action_select_all_limit = 10**9

    @action("approve", "Approve")
    async def approve(self, request, selection):  # noqa: ARG002 - what it is called with
        """Approve the comments that are ticked, or all that match."""
        keys = [int(key) for key in await selection.pks()]
        with tables.sessions() as session:
            for at in range(0, len(keys), 10_000):
                tables.approve(session, keys[at : at + 10_000])


web = Starlette()
admin = Admin(
    tables.engine,
    auth_provider=Session(),
    middlewares=[Middleware(SessionMiddleware, secret_key=PASSWORD)],
    secret_key=PASSWORD,
    export_config=ExportConfig(max_rows=None),
)
admin.add_view(Posts(tables.Post, key="post"))
admin.add_view(Comments(tables.Comment, key="comment"))
for model, key in ((tables.User, "user"), (tables.Category, "category"), (tables.Tag, "tag")):
    admin.add_view(Named(model, key=key))
admin.mount_to(web)
app = Told(web, tables.Tally)
tables.engine.dispose()
