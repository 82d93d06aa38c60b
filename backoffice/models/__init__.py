"""What the application is about; importing it makes every model known."""

from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy.orm import configure_mappers

# Every file of this folder is a subject: a new one is known by lying here.
SUBJECTS = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))


def know():
    """Tie the models' relations together, so that a wrong one stops the start-up."""
    configure_mappers()
