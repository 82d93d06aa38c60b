"""A model that is added as one file is held to all rules by the tests as they stand, without another line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parent.parent
# Neither what git does not keep nor what no test of a model reads.
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "instance", ".*_cache", "docs", "bench")
EVENT = '''"""Events: what takes place, where and when."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import Action, Resource
from backoffice.core.types import Choice, Key, Secret, UtcDateTime

PLANNED, HELD, CALLED_OFF = STATUSES = ("planned", "held", "called_off")


class Event(Model):
    """One evening."""

    title: Mapped[str] = mapped_column(String(200), index=True)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    place: Mapped[str | None] = mapped_column(String(200))
    contact: Mapped[str | None] = mapped_column(String(200), index=True)
    door_code: Mapped[str | None] = mapped_column(Secret(40))
    status: Mapped[str] = mapped_column(Choice(STATUSES), default=PLANNED, index=True)
    organiser_id: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"), index=True)

    organiser = relationship("User")

    resource = Resource(
        menu=_("Content"),
        label="title",
        columns=("title", "starts_at", "place", "contact", "organiser", "status"),
        search=("title", "contact"),
        filters=("starts_at", "contact", "status", "organiser"),
        inline=("title", "contact"),
        owner="organiser_id",
        actions=(
            Action("hold_it", _("Has taken place"), sets={"status": HELD}, when={"status": (PLANNED,)}),
            Action("call_off", _("Call off"), sets={"status": CALLED_OFF}, danger=True),
        ),
        fields={"contact": "arrange"},
        grants={
            "editor": "read create update delete export pick hold_it call_off arrange",
            "moderator": "read export call_off",
            "author": "read create update:own call_off:own",
        },
    )
'''
TESTS = ("test_every_model.py", "test_every_field.py", "test_every_route.py", "test_every_hostile_request.py")
TESTS += ("api/test_every_resource.py",)
# Fewer than these would mean that the tests no longer follow the models by themselves.
EXPECTED = 120


def test_a_sixth_model_is_covered_by_the_tests_as_they_stand(tmp_path):
    place = shutil.copytree(ROOT, tmp_path / "project", ignore=LEFT_BEHIND)
    (place / "backoffice" / "models" / "events.py").write_text(EVENT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", "event"]
        + [f"tests/{name}" for name in TESTS],
        cwd=place,
        env={**os.environ, "TEST_DATABASE_URL": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= EXPECTED
