"""The back office in a browser, derived: one view for each resource, and what each person may see of it."""

from backoffice.admin import mount


def init_app(app):
    """Attach the door."""
    mount.init_app(app)
