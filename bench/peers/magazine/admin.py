"""How Django's admin shows the application's tables: as it comes, or tuned as its documentation tells."""

import os

from django.contrib import admin
from import_export import fields, resources
from import_export.admin import ExportMixin

from magazine.models import Category, Comment, Post, Tag, User

TUNED = os.environ.get("BENCH_TUNED") == "1"


class Export(resources.ModelResource):
    """A post as django-import-export writes it: with the words for what it names."""

    author = fields.Field("author__name")
    category = fields.Field("category__name")
    words = fields.Field()

    class Meta:
        """The columns of the grid."""

        model = Post
        fields = ("title", "author", "category", "words", "status", "published_at", "created_at")

    def dehydrate_words(self, post):
        """Return the names of a post's tags."""
        return ", ".join(tag.name for tag in post.tags.all())


class Posts(ExportMixin, admin.ModelAdmin):
    """Posts with all that Django does unasked."""

    list_display = ("title", "author", "category", "words", "status", "published_at", "created_at")
    search_fields = ("title", "slug")
    list_filter = ("status", "category")
    list_per_page = 50
    fields = ("title", "slug", "status", "author", "category", "tags", "excerpt", "body")
    resource_classes = (Export,)
    skip_export_form = True

    @admin.display(description="tags")
    def words(self, post):
        """Return the names of a post's tags."""
        return ", ".join(tag.name for tag in post.tags.all())


class Comments(admin.ModelAdmin):
    """Comments with all that Django does unasked."""

    list_display = ("body", "guest_name", "author", "post", "status", "created_at")
    list_filter = ("status",)
    list_per_page = 50
    actions = ("approve",)

    @admin.action(description="Approve")
    def approve(self, request, comments):  # noqa: ARG002 - what it is called with
        """Approve the comments that are ticked, or all that match."""
        comments.update(status="approved")


class TunedPosts(Posts):
    """Posts without the second count, with joined and prefetched rows, and relations found by typing."""

    show_full_result_count = False
    list_select_related = ("author", "category")
    autocomplete_fields = ("author", "category", "tags")

    def get_queryset(self, request):
        """Return the posts with their tags in one more statement."""
        return super().get_queryset(request).prefetch_related("tags")

    def get_export_queryset(self, request):
        """Return the posts joined with what they name."""
        return super().get_export_queryset(request).select_related("author", "category")


class TunedComments(Comments):
    """Comments without the second count, with joined rows."""

    show_full_result_count = False
    list_select_related = ("author", "post")
    raw_id_fields = ("author", "post")


class Named(admin.ModelAdmin):
    """What a relation is looked for in."""

    search_fields = ("name",)


admin.site.register(Post, TunedPosts if TUNED else Posts)
admin.site.register(Comment, TunedComments if TUNED else Comments)
for model in (User, Category, Tag):
    admin.site.register(model, Named)
