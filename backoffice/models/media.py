"""Images: pictures with words for those who cannot see them."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.grouping import Group
from backoffice.core.model import Model
from backoffice.core.resource import Resource
from backoffice.core.types import Picture


class Image(Model):
    """One picture in the library, stored once whatever it is called."""

    title: Mapped[str] = mapped_column(String(200), index=True, info={"label": _("Title")})
    file: Mapped[str] = mapped_column(Picture, index=True, info={"label": _("Picture")})
    alt: Mapped[str | None] = mapped_column(
        String(300),
        info={
            "label": _("Alternative text"),
            "help": _("What the picture shows, in one sentence."),
        },
    )
    uploader_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    source: Mapped[str | None] = mapped_column(String(500), info={"label": _("Came from")})

    uploader = relationship("User", info={"label": _("Uploaded by")})

    resource = Resource(
        menu=_("Content"),
        place=50,
        icon="image",
        name=_("Image"),
        plural=_("Images"),
        empty=_("Images can stand in every post and above it."),
        label="title",
        columns=("file", "title", "alt", "uploader", "created_at"),
        search=("title", "alt"),
        filters=("uploader", "created_at"),
        inline=("title", "alt"),
        groups=(
            Group(_("File"), ("file",), help=_("PNG, JPEG, GIF or WebP, at most 20 MB.")),
            Group(_("Description"), ("title", "alt")),
        ),
        fixed=("uploader_id", "source"),
        owner="uploader_id",
        layout="cards",
        order="-created_at",
        grants={
            "editor": "read create update delete export pick",
            "author": "read:own create update:own delete:own pick:own",
        },
    )
