"""Mail: written as a file unless a server is named, and never at the cost of the request that causes it."""

import logging
import secrets
import smtplib
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import force_locale, get_locale
from flask_security import MailUtil as Theirs
from flask_security.mail_util import EmailValidateException
from flask_security.utils import get_message

log = logging.getLogger(__name__)
PATIENCE = 10
LONGEST_ADDRESS = 254


class MailUtil(Theirs):
    """What Flask-Security asks about addresses and mails."""

    def send_mail(self, template, subject, recipient, _sender, _body, *_html, **context):
        """Send a mail of Flask-Security's in the language of whoever gets it, who need not be who asked for it."""
        own = getattr(context.get("user"), "locale", None)
        with force_locale(own if own in current_app.config["LANGUAGES"] else get_locale()):
            send(str(subject), recipient, render_template(f"{template}.txt", **context))

    def normalize(self, email):
        """Return a typed address as addresses are stored, without asking the network about it."""
        email = email.strip() if isinstance(email, str) else ""
        name, at, host = email.rpartition("@")
        if not (name and at and host) or len(email) > LONGEST_ADDRESS or not email.isprintable() or " " in email:
            raise EmailValidateException(get_message("INVALID_EMAIL_ADDRESS")[0])
        return email.lower()

    validate = normalize


def init_app(security):
    """Give the mails' templates addresses of this site."""
    security.mail_context_processor(lambda: {"address_of": address_of})


def address_of(endpoint, **values):
    """Return the public address of a page, from the settings alone: a request's Host is anyone's to write."""
    return current_app.config["SITE_URL"] + current_app.url_map.bind("").build(endpoint, values)


def send(subject, recipient, body):
    """Send a mail, or write it to the folder of mails; what goes wrong is for the log."""
    try:
        message = compose(subject, recipient, body)
        if current_app.config["MAIL_SERVER"]:
            settings = {name: value for name, value in current_app.config.items() if name.startswith("MAIL_")}
            Thread(target=deliver, args=(message, settings), name="mail").start()
        else:
            keep(message, Path(current_app.config["MAIL_FOLDER"]))
    except (OSError, ValueError):
        log.exception("A mail could not be written.")


def compose(subject, recipient, body):
    """Return the mail; a line break in a header raises ValueError."""
    host = urlsplit(current_app.config["SITE_URL"]).hostname
    message = EmailMessage(policy=SMTP.clone(max_line_length=None))
    message["Subject"] = subject
    message["From"] = current_app.config["MAIL_DEFAULT_SENDER"] or f"no-reply@{host}"
    message["To"] = recipient
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte="8bit")
    return message


def deliver(message, settings):
    """Hand the mail to the server, which has a few seconds to take it."""
    try:
        with smtplib.SMTP(settings["MAIL_SERVER"], settings["MAIL_PORT"], timeout=PATIENCE) as server:
            if settings["MAIL_USE_TLS"]:
                server.starttls()
            if settings["MAIL_USERNAME"]:
                server.login(settings["MAIL_USERNAME"], settings["MAIL_PASSWORD"] or "")
            server.send_message(message)
    except (OSError, smtplib.SMTPException):
        log.exception("The mail server did not take a mail.")


def keep(message, folder):
    """Write the mail to a file that nobody else on this machine can read."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        folder.chmod(0o700)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
    path.touch(mode=0o600)
    path.write_bytes(message.as_bytes())
    log.info("A mail was written: %s", path.name)
