"""Signing in, and naming who acts for the length of a request."""

from flask_babel import get_locale
from flask_security import Security

from backoffice.auth import (
    actors,
    brake,
    calls,
    events,
    forms,
    invitations,
    issuing,
    language,
    lost,
    mail,
    pace,
    passwords,
    people,
    presence,
    sessions,
    settings,
    targets,
)


def init_app(app):
    """Attach the door: Flask-Security on our own people, held to our own rules."""
    settings.init_app(app)
    security = Security(mail_util_cls=mail.MailUtil, password_util_cls=passwords.PasswordUtil)
    security.init_app(app, people.store, **forms.FORMS)
    sessions.init_app(security)
    mail.init_app(security)
    targets.init_app(app, security)
    events.init_app(app)
    brake.init_app(app)
    pace.init_app(app)
    presence.init_app(app)
    actors.init_app(app)
    lost.init_app(app)
    invitations.init_app()
    language.init_app(app)
    calls.init_app(app)
    issuing.init_app(app)
    app.add_template_global(get_locale)
