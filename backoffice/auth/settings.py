"""How Flask-Security is set: what it may do, and what it may not."""

from datetime import timedelta

from backoffice.core.catalogues import lazy_gettext as _

# The second line costs an attacker 46 MB and a twentieth of a second a guess; tests need neither.
ARGON2 = {"argon2__time_cost": 2, "argon2__memory_cost": 47104, "argon2__parallelism": 1}
ARGON2_IN_TESTS = {"argon2__time_cost": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}

SETTINGS = {
    "SECURITY_REGISTERABLE": False,
    "SECURITY_CHANGEABLE": True,
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    # Only a session signs in: no token in a header, a body or an address.
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_FRESHNESS": timedelta(days=-1),
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    # Canonical forms only: two keyboards may write one é differently, but no two words become one.
    "SECURITY_PASSWORD_NORMALIZE_FORM": "NFC",
    "SECURITY_PASSWORD_LENGTH_MIN": 8,
    # Only of what is unguessable already: the hash of a password, as a part of the link that resets it.
    "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
    "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=1),
    "SECURITY_POST_LOGIN_VIEW": "/admin/",
    "SECURITY_POST_CHANGE_VIEW": "/admin/",
    "SECURITY_POST_LOGOUT_VIEW": "/",
    "SECURITY_STATIC_FOLDER": None,
    "SECURITY_CLI_USERS_NAME": None,
    "SECURITY_CLI_ROLES_NAME": None,
    "SECURITY_EMAIL_HTML": False,
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET": "mail/reset",
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "mail/password_changed",
    "SECURITY_EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "mail/password_changed",
    "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": _("Set a new password"),
    "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": _("Your password has been changed"),
    "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": _("Your password has been changed"),
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (_("The address or the password is wrong."), "error"),
    "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
        _("If there is an account with this address, a mail with a link is on its way to it."),
        "info",
    ),
    "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": (_("This link is no longer valid. Ask for a new one."), "error"),
    "SECURITY_MSG_PASSWORD_RESET_EXPIRED": (_("This link is no longer valid. Ask for a new one."), "error"),
    "SECURITY_MSG_PASSWORD_RESET_NO_LOGIN": (_("Your new password is set. Sign in with it."), "success"),
    "SECURITY_MSG_PASSWORD_CHANGE": (_("Your password is changed. Everywhere else you are signed out."), "success"),
    "SECURITY_MSG_UNAUTHENTICATED": (_("Sign in to see this page."), "info"),
    "SECURITY_MSG_LOGIN": (_("Sign in to see this page."), "info"),
    "SECURITY_MSG_UNAUTHORIZED": (_("You may not do this, or not any more."), "error"),
    "SECURITY_MSG_ANONYMOUS_USER_REQUIRED": (_("You are signed in already."), "info"),
    "SECURITY_MSG_API_ERROR": (_("This page takes a form, not JSON."), "error"),
    "SECURITY_MSG_INVALID_REDIRECT": (_("Choose one of those offered."), "error"),
    "SECURITY_MSG_EMAIL_NOT_PROVIDED": (_("This field is required."), "error"),
    "SECURITY_MSG_PASSWORD_NOT_PROVIDED": (_("This field is required."), "error"),
    "SECURITY_MSG_INVALID_EMAIL_ADDRESS": (_("This is no e-mail address."), "error"),
    "SECURITY_MSG_INVALID_PASSWORD": (_("The password is wrong."), "error"),
    "SECURITY_MSG_USER_DOES_NOT_EXIST": (_("The address or the password is wrong."), "error"),
    "SECURITY_MSG_DISABLED_ACCOUNT": (_("The address or the password is wrong."), "error"),
    "SECURITY_MSG_PASSWORD_MISMATCH": (_("The passwords differ."), "error"),
    "SECURITY_MSG_RETYPE_PASSWORD_MISMATCH": (_("The passwords differ."), "error"),
    "SECURITY_MSG_PASSWORD_IS_THE_SAME": (_("Choose another one than until now."), "error"),
    "SECURITY_MSG_PASSWORD_RESET": (_("Your new password is set. Sign in with it."), "success"),
    "SECURITY_MSG_GENERIC_RECOVERY": (
        _("If there is an account with this address, a mail with a link is on its way to it."),
        "info",
    ),
}


def init_app(app):
    """Set what nobody has set otherwise."""
    costs = ARGON2_IN_TESTS if app.testing else ARGON2
    for name, value in {**SETTINGS, "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": costs}.items():
        app.config.setdefault(name, value)
