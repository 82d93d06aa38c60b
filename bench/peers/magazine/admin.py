"""How Django's admin shows the application's tables: as it comes, or tuned as its documentation tells."""

import os

from django.contrib import admin

from magazine.models import Category, Comment, Post, Tag, User

TUNED = os.environ.get("BENCH_TUNED") == "1"


class Posts(admin.ModelAdmin):
    """Posts with all that Django does unasked."""

    list_display = ("title", "author", "category", "words", "status", "published_at", "created_at")
    search_fields = ("title", "slug")
    list_filter = ("status", "category")
    list_per_page = 50
    fields = ("title", "slug", "status", "author", "category", "tags", "excerpt", "body")

    @admin.display(description="tags")
    def words(self, post):
        """Return the names of a post's tags."""
        return ", ".join(tag.name for tag in post.tags.all())


class Comments(admin.ModelAdmin):
    """Comments with all that Django does unasked."""

    list_display = ("body", "guest_name", "author", "post", "status", "created_at")
    list_filter = ("status",)
    list_per_page = 50


class TunedPosts(Posts):
    """Posts without the second count, with joined and prefetched rows, and relations found by typing."""

    show_full_result_count = False
    list_select_related = ("author", "category")
    autocomplete_fields = ("author", "category", "tags")

    def get_queryset(self, request):
        """Return the posts with their tags in one more statement."""
        return super().get_queryset(request).prefetch_related("tags")


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
