"""Which passwords are taken: long enough, and none that a guesser tries first."""

import re
from functools import cache
from pathlib import Path

from flask import current_app
from flask_security import PasswordUtil as Theirs

from backoffice.core.catalogues import gettext as _

SHORTEST = 8
LONGEST = 1024
WORST = Path(__file__).with_name("worst_passwords.txt")
# What people write for a letter when they are told to use a digit or a sign.
DISGUISES = str.maketrans("@4301!|$57", "aaeoliisst")
# What fingers walk along without thinking.
WALKS = (
    "abcdefghijklmnopqrstuvwxyz",
    "a1b2c3d4e5f6g7h8",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq12wsxcde34rfvbgt56yhn",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "01234567890",
    "0102030405060708091011121314151617181920",
    "147258369",
    "159753456852",
)
# Nobody tries passwords of this length, whatever they are made of.
LONG_ENOUGH = 32
# How many different signs a password must hold besides what is well known.
OWN_PART = 4


class PasswordUtil(Theirs):
    """What Flask-Security asks about a new password."""

    def validate(self, password, is_register, **kwargs):  # noqa: ARG002 - the signature is Flask-Security's
        """Return what is wrong with the password, or None, and the password as it is to be hashed."""
        normal = self.normalize(password)
        wrong = problem(normal, kwargs.get("user"))
        return ([wrong] if wrong else None), normal


def problem(password, user=None):
    """Return the sentence that says why this password is refused, or None."""
    if len(password) < SHORTEST:
        return _("At least %(least)d characters.", least=SHORTEST)
    if len(password) > LONGEST:
        return _("At most %(most)d characters.", most=LONGEST)
    if is_well_known(password, own_words(user)):
        return _("This password is among the first that others would try. Use a few words that belong to you alone.")
    return None


def is_well_known(password, also=frozenset()):
    """Tell whether little is left of the password without well-known words, digits, walks and repetitions."""
    if len(password) >= LONG_ENOUGH:
        return False
    plain = password.lower()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    return any(_is_bare(text, also) for text in {plain, plain.translate(DISGUISES), core.translate(DISGUISES)})


def own_words(user):
    """Return the words that anyone can guess for this person on this site."""
    known = [getattr(user, name, None) or "" for name in ("email", "username", "name")]
    known.append(current_app.config["SITE_NAME"])
    return frozenset(word for text in known for word in re.split(r"[\W_]+", text.lower()) if len(word) >= OWN_PART)


def _is_bare(text, also):
    letters, rest = re.sub(r"[\W\d_]", "", text), re.sub(r"[^\W\d_]", "", text)
    if len(set(text)) < OWN_PART or _is_pattern(text):
        return True
    if not letters or letters in worst() or letters in also or _is_pattern(letters):
        # Digits and signs around one such word are tried with it, unless there are many of them.
        return len(rest) <= SHORTEST or len(set(rest)) <= OWN_PART or _is_pattern(rest)
    # A word twice, or two of them in a row, is no better than one.
    return _is_sum(letters, worst() | also)


def _is_sum(letters, words):
    return any(letters[:at] in words and letters[at:] in words for at in range(3, len(letters) - 2))


def _is_pattern(text):
    """Tell whether the text is a piece said again and again, or a walk along keys or numbers."""
    again = text and text in (text + text)[1:-1]
    return bool(again) or any(text in way * 3 for walk in WALKS for way in (walk, walk[::-1]))


@cache
def worst():
    """Return the words that the worst passwords are made of."""
    return frozenset(WORST.read_text(encoding="utf-8").split())
