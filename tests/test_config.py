"""What the settings promise before the application exists."""

import json
import stat

import pytest

import config

GOOD = {
    "BACKOFFICE_ENV": "production",
    "SECRET_KEY": "4c7e1f0a9b2d8e6c5a3f7b1d0e9c8a6b4d2f",
    "SECURITY_PASSWORD_SALT": "9f3b7a1c5e8d2f604b6a",
    "SITE_URL": "https://news.example.org",
    "DATABASE_URL": "postgres://paper@db/paper",
}


def test_production_starts_with_secrets_and_a_public_address_of_its_own():
    settings = config.load(GOOD)
    assert settings["SECRET_KEY"] == GOOD["SECRET_KEY"]
    assert settings["SESSION_COOKIE_NAME"] == "__Host-session"
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["TRUSTED_HOSTS"] == ["news.example.org", "localhost", "127.0.0.1"]
    assert settings["DEBUG"] is False
    assert settings["TESTING"] is False


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECURITY_PASSWORD_SALT", "SITE_URL", "DATABASE_URL"])
def test_production_refuses_to_start_without(name):
    with pytest.raises(config.ConfigError, match=name):
        config.load({**GOOD, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "Zq8kP2vL7wXn4rTb9"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "please-change-me-1234567890-abcdefgh"),
        ("SECURITY_PASSWORD_SALT", "Zq8kP2vL7w"),
        ("SITE_URL", "http://news.example.org"),
        ("SITE_URL", "https://"),
    ],
)
def test_production_refuses_a_weak(name, value):
    with pytest.raises(config.ConfigError, match=name) as refusal:
        config.load({**GOOD, name: value})
    assert "\n" not in str(refusal.value)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(config.ConfigError) as refusal:
        config.load({"BACKOFFICE_ENV": "production"})
    for name in ("SECRET_KEY", "SECURITY_PASSWORD_SALT", "SITE_URL", "DATABASE_URL"):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BACKOFFICE_ENV", "staging"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("WEB_WORKERS", "many"),
        ("MAIL_PORT", "²"),
        ("COMMENTS", "open"),
        ("PORT", "65536"),
        ("JOB_THREADS", "9" * 5000),
        ("REDIS_URL", "localhost:6379"),
        ("SITE_URL", "example.org"),
        ("SITE_URL", "ftp://example.org"),
        ("SITE_URL", "https://[bad"),
        ("TRUSTED_PROXY", "10.0.0.1, 10.0.0.2"),
        ("RATELIMIT_ENABLED", "ture"),
        ("MAIL_USE_TLS", "starttls"),
    ],
)
def test_an_unknown_value_is_refused_by_name(variable, value):
    with pytest.raises(config.ConfigError, match=variable):
        config.load({"BACKOFFICE_ENV": "testing", variable: value})


def test_a_place_for_pictures_that_nothing_can_reach_is_refused_at_the_start(monkeypatch):
    with pytest.raises(config.ConfigError, match="MEDIA_URL begins with floppy://"):
        config.load({"BACKOFFICE_ENV": "testing", "MEDIA_URL": "floppy://a"})

    def missing(_name):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(config, "get_filesystem_class", missing)
    with pytest.raises(config.ConfigError, match=r"MEDIA_URL .* requirements/s3\.txt"):
        config.load({"BACKOFFICE_ENV": "testing", "MEDIA_URL": "s3://bucket/pictures"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_way_of_naming_postgresql_means_psycopg(scheme):
    settings = config.load({"BACKOFFICE_ENV": "testing", "DATABASE_URL": f"{scheme}://a@b/c"})
    assert settings["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://a@b/c"


@pytest.mark.parametrize("address", ["mysql://root:hush@db/paper", "postgresql+asyncpg://root:hush@db/paper", "hush"])
def test_other_databases_are_refused_with_those_that_are_not(address):
    with pytest.raises(config.ConfigError, match="postgresql://") as refusal:
        config.load({"BACKOFFICE_ENV": "testing", "DATABASE_URL": address})
    assert str(refusal.value).startswith("DATABASE_URL is no address")
    assert "sqlite:///" in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_the_default_database_is_a_file_of_the_instance():
    settings = config.load({"BACKOFFICE_ENV": "testing"})
    assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{config.INSTANCE}/backoffice.sqlite"


def test_limits_are_counted_in_redis_or_in_a_file_that_processes_share():
    assert config.load({**GOOD, "REDIS_URL": "redis://cache:6379/1"})["RATELIMIT_STORAGE_URI"] == "redis://cache:6379/1"
    assert config.load(GOOD)["RATELIMIT_STORAGE_URI"] == f"tally://{config.INSTANCE}/limits.sqlite"
    assert config.load({"BACKOFFICE_ENV": "testing"})["RATELIMIT_STORAGE_URI"] == "memory://"


@pytest.mark.parametrize(("asked", "meant"), [("true", True), ("1", True), ("no", False), ("", False)])
def test_rate_limits_follow_their_variable_and_are_off_in_tests(asked, meant):
    settings = config.load({"BACKOFFICE_ENV": "testing", "RATELIMIT_ENABLED": asked})
    assert settings["RATELIMIT_ENABLED"] is meant


def test_a_developers_secrets_are_made_once_and_kept_from_others(tmp_path):
    place = tmp_path / "instance" / "secrets.json"
    first = config.kept_secrets(place, ("SECRET_KEY", "SECURITY_PASSWORD_SALT"))
    assert config.kept_secrets(place, ("SECRET_KEY", "SECURITY_PASSWORD_SALT")) == first
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= config.SHORTEST_SECRET
    assert first["SECRET_KEY"] != first["SECURITY_PASSWORD_SALT"]
    assert json.loads(place.read_text()) == first
    assert [file.name for file in place.parent.iterdir()] == ["secrets.json"]


def test_cookies_are_tight_everywhere():
    for environment in config.ENVIRONMENTS.values():
        assert environment.SESSION_COOKIE_HTTPONLY is True
        assert environment.SESSION_COOKIE_SAMESITE == "Lax"
