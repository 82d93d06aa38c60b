"""The same resources as JSON, for programs: derived, and held to the same rights, rules and record."""

from backoffice.api import describing, mount


def init_app(app):
    """Attach the door."""
    mount.init_app(app)
    describing.init_app(app)
