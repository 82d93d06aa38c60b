"""The application's own tables as Django sees them."""

from django.db import models

LABEL = "magazine"


class User(models.Model):
    """An author."""

    name = models.CharField(max_length=120)

    class Meta:
        """The table is the application's."""

        managed, db_table, app_label = False, "user", LABEL

    def __str__(self):
        return self.name


class Category(models.Model):
    """A subject."""

    name = models.CharField(max_length=120)

    class Meta:
        """The table is the application's."""

        managed, db_table, app_label = False, "category", LABEL

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A word that posts share."""

    name = models.CharField(max_length=120)

    class Meta:
        """The table is the application's."""

        managed, db_table, app_label = False, "tag", LABEL

    def __str__(self):
        return self.name


class Post(models.Model):
    """A post, with what its grid shows of other tables."""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=200)
    status = models.CharField(
        max_length=20,
        choices=[(word, word.title()) for word in ("draft", "review", "scheduled", "published", "archived")],
    )
    author = models.ForeignKey(User, models.CASCADE)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True)
    tags = models.ManyToManyField(Tag, db_table="post_tag", blank=True)
    excerpt = models.TextField(blank=True, null=True)
    body = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        """The table is the application's."""

        managed, db_table, app_label = False, "post", LABEL

    def __str__(self):
        return self.title


class Comment(models.Model):
    """A remark under a post."""

    body = models.TextField()
    guest_name = models.CharField(max_length=200, blank=True, null=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    post = models.ForeignKey(Post, models.CASCADE)
    status = models.CharField(
        max_length=20, choices=[(word, word.title()) for word in ("pending", "approved", "rejected", "spam")]
    )
    created_at = models.DateTimeField(editable=False)

    class Meta:
        """The table is the application's."""

        managed, db_table, app_label = False, "comment", LABEL
