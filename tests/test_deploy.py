"""What lies in deploy/ fits the application that it starts: its settings, its commands, its sizes."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
UNITS = sorted(DEPLOY.glob("*.service"))
MEGABYTE = 1024 * 1024


def settings():
    """Return the sample of settings as systemd reads it."""
    lines = (DEPLOY / "backoffice.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unit(path):
    """Return a unit by its sections."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(path)
    return parser


def test_the_sample_of_settings_names_only_settings_and_holds_no_secret():
    told = set(re.findall(r"`([A-Z][A-Z_]+)`", OPERATIONS.split("## The commands")[0]))
    assert set(settings()) <= told
    with pytest.raises(config.ConfigError) as refusal:
        config.load(settings())
    for name in ("SECRET_KEY", "SECURITY_PASSWORD_SALT", "DATABASE_URL", "SITE_URL"):
        assert name in str(refusal.value)


def test_the_sample_of_settings_filled_in_starts():
    given = {"SECRET_KEY": "0123456789abcdef" * 4, "SECURITY_PASSWORD_SALT": "fedcba9876543210" * 2}
    given |= {"DATABASE_URL": "postgresql://backoffice@127.0.0.1/backoffice", "SITE_URL": "https://news.example.org"}
    filled = config.load({**settings(), **given})
    assert (filled["TRUSTED_PROXY"], filled["JOB_THREADS"], filled["COMMENTS"]) == ("127.0.0.1", 0, "closed")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_runs_a_command_there_is_with_as_few_rights_as_it_needs(path, runner):
    service = unit(path)["Service"]
    program, script, *words = shlex.split(service["ExecStart"])
    assert (program.removeprefix(service["WorkingDirectory"]), script) == ("/.venv/bin/python", "manage.py")
    answer = runner.invoke(args=[*words, "--help"])
    assert answer.exit_code == 0, answer.output
    assert service["EnvironmentFile"] == "/etc/backoffice.env"
    assert service["ReadWritePaths"] == f"{service['WorkingDirectory']}/instance"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["CapabilityBoundingSet"]) == (
        "yes",
        "strict",
        "",
    )


def test_the_timer_has_its_unit_and_each_unit_says_what_wants_it():
    timer = unit(DEPLOY / "backoffice-check.timer")
    assert timer["Timer"]["OnCalendar"] == "daily"
    assert (DEPLOY / "backoffice-check.service").is_file()
    wanted = {path.name for path in UNITS if "Install" in unit(path)}
    assert wanted == {"backoffice.service", "backoffice-worker.service"}


def test_the_proxy_takes_as_much_as_the_application_and_no_more():
    usual, tables = (int(size) for size in re.findall(r"client_max_body_size (\d+)m;", NGINX))
    assert usual * MEGABYTE == config.Config.MAX_CONTENT_LENGTH
    assert 0 < tables * MEGABYTE - config.Config.MAX_IMPORT_LENGTH <= MEGABYTE


def test_large_tables_are_let_through_where_they_are_sent_and_nowhere_else(app):
    place = re.search(r"location ~ (\^\S+) \{", NGINX)[1]
    paths = [re.sub(r"<[^>]+>", "x", rule.rule) for rule in app.url_map.iter_rules()]
    let = {path for path in paths if re.search(place, path)}
    large = {
        rule.rule for rule in app.url_map.iter_rules() if getattr(app.view_functions[rule.endpoint], "largest", "")
    }
    assert let == large
    assert let


def test_the_proxy_speaks_no_old_tls_and_says_itself_who_asks():
    assert re.search(r"ssl_protocols TLSv1\.2 TLSv1\.3;", NGINX)
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX
    assert NGINX.count("{") == NGINX.count("}")
