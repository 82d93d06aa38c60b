"""The server prints where it is, bears slow clients and ends cleanly, with one process or several."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from waitress.adjustments import Adjustments

from backoffice.cli.serve import settings

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 20  # seconds; a machine may be busy, but the server itself waits for slow ones for longer


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts the server with these settings and returns it and its address."""
    started = []

    def start(**settings):
        own = {
            "BACKOFFICE_ENV": "testing",
            "PORT": "0",
            "DATABASE_URL": f"sqlite:///{tmp_path}/served.sqlite",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env={**os.environ, **own, **settings, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process, re.search(r"http://\S+", process.stdout.readline())[0]

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=40)
        process.stdout.close()


def alive(address):
    with urllib.request.urlopen(address + "healthz", timeout=PATIENCE) as answer:
        return answer.status == 200


def connect(address):
    host, port = re.match(r"http://([\d.]+):(\d+)/", address).groups()
    return socket.create_connection((host, int(port)), timeout=10)


def test_the_printed_address_answers_and_names_no_server(serve):
    _process, address = serve()
    with urllib.request.urlopen(address + "healthz", timeout=5) as answer:
        assert answer.status == 200
        assert "Server" not in answer.headers


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_ends_cleanly_when_told_to(serve, workers):
    process, address = serve(WEB_WORKERS=workers)
    assert alive(address)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    with pytest.raises(OSError, match="refused"):
        alive(address)


def test_a_process_that_dies_is_replaced(serve):
    process, address = serve(WEB_WORKERS="2")
    assert alive(address)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 2
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            assert alive(address)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("No process took the place of those that died.")


def test_many_slow_clients_keep_nobody_else_waiting(serve):
    _process, address = serve()
    slow = [connect(address) for _ in range(300)]
    for connection in slow:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    # Whoever had to wait for them would wait until the server gives them up, and that takes longer than this patience.
    assert all(alive(address) for _ in range(5))
    for connection in slow:
        connection.close()


def test_a_body_larger_than_any_form_is_refused_before_it_is_sent(serve):
    _process, address = serve()
    with connect(address) as connection:
        connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(("proxy", "believed"), [(None, set()), ("10.0.0.1", {"x-forwarded-for", "x-forwarded-proto"})])
def test_only_a_proxy_that_is_named_is_believed(make_app, proxy, believed):
    chosen = Adjustments(**settings(make_app(TRUSTED_PROXY=proxy)))
    assert chosen.trusted_proxy == proxy
    assert set(chosen.trusted_proxy_headers) == believed
    assert chosen.clear_untrusted_proxy_headers is True


def test_a_port_that_is_taken_is_said_in_a_sentence(serve):
    _process, address = serve()
    port = re.search(r":(\d+)/", address)[1]
    second = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env={**os.environ, "BACKOFFICE_ENV": "testing", "PORT": port},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in second.stderr
    assert "Traceback" not in second.stderr
