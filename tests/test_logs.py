"""What is written into the log cannot be forged by what people type."""

import json
import logging

import pytest

from backoffice.logs import JsonFormatter, LineFormatter

FORGED = 'x\n{"event": "signed in"}\r\x1b[31mred\x1b[0m\x85\u2028next\x00'


def record(message, *arguments, **rest):
    made = logging.LogRecord("backoffice", logging.INFO, __file__, 1, message, arguments, rest.pop("exc", None))
    vars(made).update(rest)
    return made


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_no_text_makes_a_second_line_or_colours_the_terminal(formatter):
    line = formatter.format(record("name %s", FORGED))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\x00" not in line


def test_a_line_is_json_in_utc_and_holds_what_was_said():
    told = json.loads(JsonFormatter().format(record("name %s", FORGED, status=200, user=7)))
    assert told["message"] == f"name {FORGED}"
    assert told["time"].endswith("+00:00")
    assert told["level"] == "info"
    assert told["status"] == 200
    assert told["user"] == 7
    assert told["request"] == "-"


def test_a_traceback_stays_within_its_line():
    with pytest.raises(ZeroDivisionError) as failure:
        1 / 0  # noqa: B018
    line = JsonFormatter().format(record(FORGED, exc=failure._excinfo))
    assert len(line.splitlines()) == 1
    assert "ZeroDivisionError" in json.loads(line)["exception"]
