"""Invitations: whoever gets an account without a password is mailed a link to set one."""

from flask import current_app, render_template
from flask_babel import force_locale, format_timedelta
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import event
from sqlalchemy.orm import Session as Transaction

from backoffice.auth import mail
from backoffice.core import writing
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import note
from backoffice.core.writing import aftermath
from backoffice.models.accounts import User

NEW = "people_without_password"
READY = "invitations"


def init_app():
    """Listen for new accounts, whichever door they come through and whichever application of this process."""
    writing.created.connect(remember, User)


def remember(_model, row):
    """Keep in mind that this account may need an invitation when it is there for good."""
    Transaction.object_session(row).info.setdefault(NEW, []).append(row)


@event.listens_for(Transaction, "before_commit")
def _write(transaction):
    """Write the invitations while the database can still be asked."""
    if transaction.in_nested_transaction():
        return
    for user in transaction.info.pop(NEW, ()):
        if user in transaction and user.email and user.active and not user.password:
            transaction.info.setdefault(READY, []).append((user.email, *invitation(user)))
            note(transaction, "invite", user)


@event.listens_for(Transaction, "after_commit")
def _send(transaction):
    """Send them once there is no way back."""
    if transaction.in_nested_transaction():
        return
    for recipient, subject, body in transaction.info.pop(READY, ()):
        mail.send(subject, recipient, body)
        held = format_timedelta(current_app.config["SECURITY_RESET_PASSWORD_WITHIN"])
        said = _(
            "An invitation is on its way to %(email)s. Its link is valid for %(time)s.", email=recipient, time=held
        )
        aftermath.tell(transaction, said)


@event.listens_for(Transaction, "after_rollback")
def _forget(transaction):
    """Nobody is invited to an account that never was."""
    if transaction.in_nested_transaction():
        return
    transaction.info.pop(NEW, None)
    transaction.info.pop(READY, None)


def invitation(user):
    """Return the subject and the text of the mail, in the language of whoever gets it."""
    link = mail.address_of("security.reset_password", token=generate_reset_password_token(user))
    settings = current_app.config
    language = user.locale if user.locale in settings["LANGUAGES"] else settings["BABEL_DEFAULT_LOCALE"]
    with force_locale(language):
        subject = _("Your account at %(site)s", site=settings["SITE_NAME"])
        return subject, render_template("mail/invitation.txt", user=user, link=link)
