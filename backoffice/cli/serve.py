"""Serving the application: one listening socket, and as many processes behind it as asked for."""

import gc
import os
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress

import click
from flask import current_app
from flask.cli import with_appcontext
from waitress import create_server, wasyncore

from backoffice.cli.operating import settle
from backoffice.core.jobs import crew
from backoffice.core.jobs.leases import NONE
from backoffice.core.model import db

# Slow clients are many and cheap: each holds a connection, none holds a thread.
SETTINGS = {
    "threads": 8,
    "connection_limit": 2000,
    "asyncore_use_poll": True,
    "channel_timeout": 30,
    "cleanup_interval": 5,
    "backlog": 1024,
    "ident": None,
    "clear_untrusted_proxy_headers": True,
}
ENDINGS = (signal.SIGTERM, signal.SIGINT)
LONGEST_GOODBYE = 25
ROOM_FOR_HEADERS = 1024 * 1024
# How many objects are made before young ones are looked through; Python's own 700 are made and left by one page.
LITTER = (10_000, 10, 10)


@click.command()
@with_appcontext
def run():
    """Serve the application on HOST and PORT until told to stop."""
    app = current_app._get_current_object()  # noqa: SLF001 - the server outlives this context
    host, port = app.config["HOST"], app.config["PORT"]
    listening = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}/"
    click.echo(f"{app.config['SITE_NAME']} is at {address} (Ctrl-C stops it)")
    db.engine.dispose()
    settle()
    workers = app.config["WEB_WORKERS"]
    if workers > 1:
        supervise(app, listening, workers)
    else:
        serve(app, listening)


def listen(host, port):
    """Return the socket that all processes answer from."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=SETTINGS["backlog"])
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def serve(app, listening):
    """Answer requests in this process until SIGTERM or SIGINT, then finish those under way."""
    stopping = []
    for name in ENDINGS:
        signal.signal(name, lambda number, _frame: stopping.append(number))
    tidy_seldom()
    server = create_server(app, sockets=[listening], **settings(app))
    # Where workers are sent the jobs, only those that none of them takes are done here.
    jobs = crew.start(app, app.config["JOB_THREADS"], crew.PATIENCE if app.config["REDIS_URL"] else NONE)
    while not stopping:
        turn(server)
    jobs.tell()
    # New connections go to the other processes, or wait for the next one to be started.
    server.del_channel()
    deadline = time.monotonic() + LONGEST_GOODBYE
    while busy(server) and time.monotonic() < deadline:
        turn(server)
    server.task_dispatcher.shutdown()
    jobs.wait(deadline - time.monotonic())


def tidy_seldom():
    """Look for garbage among what requests leave behind, and not among all that was there before the first of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LITTER)


def settings(app):
    """Return what the server needs to know of the application's own limits and of the proxy before it."""
    proxy = app.config["TRUSTED_PROXY"]
    trusted = {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
    # A body that says it is larger is refused before it is read, not stored and then refused.
    largest = max(app.config["MAX_CONTENT_LENGTH"], app.config["MAX_IMPORT_LENGTH"]) + ROOM_FOR_HEADERS
    return SETTINGS | {"max_request_body_size": largest} | (trusted if proxy else {})


def turn(server, seconds=0.5):
    """Let the server look once at its connections, waiting at most these seconds for something to happen."""
    wasyncore.loop(timeout=seconds, use_poll=True, map=server._map, count=1)  # noqa: SLF001 - waitress has no other way


def busy(server):
    """Say whether any connection still waits for an answer or for the rest of one."""
    return any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())


def supervise(app, listening, workers):
    """Keep this many processes serving until told to stop, replacing any that dies."""
    stopping, children = [], set()

    def pass_on(number, _frame):
        stopping.append(number)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    for name in ENDINGS:
        signal.signal(name, pass_on)
    while not stopping:
        # Told to stop between fork and add, the parent would forget to tell the child.
        with signals_held():
            while not stopping and len(children) < workers:
                children.add(start(app, listening))
        children.discard(os.wait()[0])
        # A process that dies at once must not be replaced a thousand times a second.
        deadline = time.monotonic() + 1
        while not stopping and time.monotonic() < deadline:
            time.sleep(0.05)
    while children:
        children.discard(os.wait()[0])


@contextmanager
def signals_held():
    """Let the signals that end the server wait until the block is left."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def start(app, listening):
    """Start one serving process and return its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        for name in ENDINGS:
            signal.signal(name, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        serve(app, listening)
        code = 0
    finally:
        # Not sys.exit: what the parent opened is the parent's to close.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
