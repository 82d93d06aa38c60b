"""Pictures that tables name: taken from a folder beside the table, or those that are stored already; and laid there."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.core.catalogues import gettext as _
from backoffice.core.files import open_picture, store_picture
from backoffice.core.files.backends import storage
from backoffice.core.model import Model
from backoffice.core.resource import columns, is_picture
from backoffice.core.types import Picture


class Gallery:
    """Where the pictures of one table are looked for; `missing`: how many are stored nowhere.

    Only a terminal names a folder: nobody else may have a server look into its own files.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder).resolve() if folder else None
        self.missing = 0

    def stored(self, word: str) -> str:
        """Return the name under which the picture is stored that a cell calls `word`; stores it when it is not.

        Without a folder, a name is taken as it is. Raises ValueError with a sentence for the user.
        """
        path = self._path(word)
        if path is not None:
            with path.open("rb") as stream:
                return store_picture(stream, word)
        if not Picture.PATTERN.fullmatch(word):
            raise ValueError(_("There is no such picture: name a file of the folder that --media gives."))
        if not storage().holds(word):
            if self.folder is not None:
                raise ValueError(_("This picture is neither in the folder nor stored here."))
            self.missing += 1
        return word

    def _path(self, word: str) -> Path | None:
        """Return the file of that name in the folder or in folders below it, and nowhere else."""
        try:
            path = self.folder and (self.folder / word).resolve()
            return path if path and self.folder and path.is_relative_to(self.folder) and path.is_file() else None
        except (OSError, ValueError):
            return None


def lay_out(session: Session, model: type[Model], folder: Path) -> Iterator[str]:
    """Copy the pictures of all rows of `model` into a folder, each once; yields the names of those that are lost."""
    names = [getattr(model, name) for name in columns(model) if is_picture(model, name)]
    found = {name for column in names for name in session.scalars(select(column).where(column.is_not(None)).distinct())}
    for name in sorted(found):
        path = folder / name
        if not path.is_file():
            try:
                path.write_bytes(open_picture(name))
            except FileNotFoundError:
                yield name
