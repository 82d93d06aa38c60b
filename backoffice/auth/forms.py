"""The forms for signing in and for passwords: Flask-Security's, with our words and without our locks."""

from contextlib import contextmanager

from flask import request
from flask_security import current_user, verify_password
from flask_security import forms as theirs
from flask_security.proxies import _security
from passlib.exc import UnknownHashError
from sqlalchemy import inspect
from wtforms import EmailField, PasswordField, SubmitField, ValidationError

from backoffice.auth import brake
from backoffice.auth.passwords import problem
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import db, reading
from backoffice.core.web.redirects import safe_target

NEW = {"autocomplete": "new-password"}
CURRENT = {"autocomplete": "current-password"}
NAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


@contextmanager
def without_lock():
    """Let others write while a password is checked, which takes long on purpose."""
    db.session.rollback()
    token = reading.set(True)
    try:
        yield
    finally:
        db.session.rollback()
        reading.reset(token)


class LoginForm(theirs.LoginForm):
    """An address and a password."""

    email = EmailField(
        _("E-mail"),
        render_kw=NAME,
        validators=[theirs.email_required, theirs.EmailValidation(verify=False)],
    )
    password = PasswordField(_("Password"), render_kw=CURRENT, validators=[theirs.password_required])
    remember = None
    submit = SubmitField(_("Sign in"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.next.data = safe_target(self.next.data) or ""

    def validate_next(self, field):
        """Forget a place to return to that is not on this site."""
        field.data = safe_target(field.data) or ""

    def validate(self, **kwargs):
        """Tell whether these sign somebody in; each failure counts against the name and the address."""
        tried = brake.fold(self.email.data)
        with without_lock():
            brake.hold(brake.SIGN_IN, tried)
            passed = self._matches(**kwargs)
            renewed = self._renewed_hash() if passed else None
        if not passed:
            brake.count(brake.SIGN_IN, tried)
        elif renewed:
            self.user.password = renewed
        return passed

    def _matches(self, **kwargs):
        try:
            return super().validate(**kwargs)
        except UnknownHashError:
            # What stands in the column is no hash: it is nobody's password, whatever it says.
            self.form_errors.append(theirs.get_message("GENERIC_AUTHN_FAILED")[0])
            return False

    def _renewed_hash(self):
        return self.user.password if inspect(self.user).attrs.password.history.has_changes() else None


class ForgotPasswordForm(theirs.ForgotPasswordForm):
    """The address to which a link to set a new password is mailed."""

    email = EmailField(
        _("E-mail"),
        render_kw=NAME,
        validators=[theirs.email_required, theirs.EmailValidation(verify=True), theirs.valid_user_email],
    )
    submit = SubmitField(_("Send the link"))

    def validate(self, **kwargs):
        """Tell whether a mail is to be sent; each question counts, answered or not."""
        tried = brake.fold(self.email.data)
        with without_lock():
            brake.hold(brake.RESET, tried)
            passed = super().validate(**kwargs)
        brake.count(brake.RESET, tried)
        return passed


class ResetPasswordForm(theirs.ResetPasswordForm):
    """A new password, from someone who proves with a mailed link who they are."""

    password = PasswordField(_("New password"), render_kw=NEW, validators=[theirs.password_required])
    password_confirm = PasswordField(
        _("New password, once more"),
        render_kw=NEW,
        validators=[
            theirs.password_required,
            theirs.EqualToLocalize("password", message="RETYPE_PASSWORD_MISMATCH"),
        ],
    )
    submit = SubmitField(_("Set the password"))

    def validate_password(self, field):
        """Tell what is wrong with it, whatever is wrong with the other field."""
        _refuse_bad(field, self.user)

    def validate(self, **kwargs):
        """Tell whether the password may be set; a link is worth nothing once the account was shut."""
        if not self._link_holds():
            self.form_errors.append(theirs.get_message("INVALID_RESET_PASSWORD_TOKEN")[0])
            return False
        return super().validate(**kwargs)

    def _link_holds(self):
        _data, sent = _security.reset_serializer.loads(request.view_args["token"], return_timestamp=True)
        shut = self.user.signed_out_at
        return self.user.active and (shut is None or sent > shut)


class ChangePasswordForm(theirs.ChangePasswordForm):
    """The password until now and a new one."""

    password = PasswordField(_("Current password"), render_kw=CURRENT)
    new_password = PasswordField(_("New password"), render_kw=NEW, validators=[theirs.password_required])
    new_password_confirm = PasswordField(
        _("New password, once more"),
        render_kw=NEW,
        validators=[
            theirs.password_required,
            theirs.EqualToLocalize("new_password", message="RETYPE_PASSWORD_MISMATCH"),
        ],
    )
    submit = SubmitField(_("Change the password"))

    def validate_password(self, field):
        """Tell whether it is the present one, whatever is wrong with the other fields."""
        if current_user.password and not (field.data or "").strip():
            raise ValidationError(theirs.get_message("PASSWORD_NOT_PROVIDED")[0])
        if current_user.password and not verify_password(_normal(field.data), current_user.password):
            raise ValidationError(theirs.get_message("INVALID_PASSWORD")[0])

    def validate_new_password(self, field):
        """Tell what is wrong with it, whatever is wrong with the other fields."""
        if _normal(field.data) == _normal(self.password.data):
            raise ValidationError(theirs.get_message("PASSWORD_IS_THE_SAME")[0])
        _refuse_bad(field, current_user)

    def validate(self, **kwargs):
        """Tell whether the password may be changed; guessing the present one counts like signing in."""
        tried = brake.fold(current_user.email)
        with without_lock():
            brake.hold(brake.SIGN_IN, tried)
            passed = super().validate(**kwargs)
        # An empty field is no guess.
        if self.password.errors and self.password.data:
            brake.count(brake.SIGN_IN, tried)
        return passed


def _refuse_bad(field, user):
    wrong = problem(_normal(field.data), user)
    if wrong:
        raise ValidationError(wrong)


def _normal(password):
    return _security.password_util.normalize(password or "")


FORMS = {
    "login_form": LoginForm,
    "forgot_password_form": ForgotPasswordForm,
    "reset_password_form": ResetPasswordForm,
    "change_password_form": ChangePasswordForm,
}
