"""How the fields of posts, categories and tags stand in their forms."""

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.grouping import Group

POST = (
    Group(_("Content"), ("title", "slug", "excerpt", "body")),
    Group(
        _("Publishing"),
        ("status", "publish_at", "author", "kind"),
        help=_("Visitors read it once it is published, or scheduled and its time has come."),
        side=True,
    ),
    Group(_("Subjects"), ("category", "more_categories", "tags"), side=True),
    Group(_("Picture"), ("cover",), side=True),
)
CATEGORY = (
    Group(_("Subject"), ("name", "slug", "description")),
    Group(_("Place among the categories"), ("parent",), side=True),
)
TAG = (Group(_("Word"), ("name", "slug"), help=_("Posts that share it are listed together.")),)
