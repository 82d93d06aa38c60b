"""An operator can look at the settings without anybody's secret on the screen, and is told what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backoffice.core.model import db
from backoffice.models.media import Image
from make import make

ROOT = Path(__file__).resolve().parent.parent


def test_the_settings_are_shown_without_secrets(make_app):
    app = make_app(REDIS_URL="redis://:hush@cache:6379/1", SECRET_KEY="a key nobody may see on a screen")
    told = app.test_cli_runner().invoke(args=["check", "config"])
    assert told.exit_code == 0
    assert "BACKOFFICE_ENV      testing" in told.output
    assert "redis://cache:6379/1" in told.output
    assert "sqlite:///" in told.output
    assert "hush" not in told.output
    assert "a key nobody" not in told.output


def test_a_missing_service_is_said_to_be_none(runner):
    assert "REDIS_URL           none" in runner.invoke(args=["check", "config"]).output


def test_all_is_looked_at_unless_something_is_named(app, runner):
    with app.app_context():
        make(Image, file=f"{'a' * 64}.png")
        db.session.commit()
    told = runner.invoke(args=["check"])
    assert told.exit_code == 1
    assert "The settings are complete." in told.output
    assert f"{'a' * 64}.png is referred to, but there is no such file." in told.output


@pytest.mark.parametrize(
    ("words", "address", "said"),
    [
        ("users list", "sqlite:///{}/empty.sqlite", "no such table"),
        ("demo", "sqlite:///{}/nowhere/a.sqlite", "unable to open database file"),
        ("export post", "rubbish", "DATABASE_URL is no address"),
        ("run", "mysql://root@db/paper", "it begins with mysql://"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_line(tmp_path, words, address, said):
    refused = subprocess.run(
        [sys.executable, "manage.py", *words.split()],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "BACKOFFICE_ENV": "testing",
            "MEDIA_URL": str(tmp_path / "media"),
            "DATABASE_URL": address.format(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert said in refused.stderr


@pytest.mark.parametrize("command", ["run", "check"])
def test_production_without_secrets_is_refused_in_one_line(command):
    refused = subprocess.run(
        [sys.executable, "manage.py", command, *(["config"] if command == "check" else [])],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "BACKOFFICE_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stderr.startswith("Production refuses to start: SECRET_KEY is not set.")
