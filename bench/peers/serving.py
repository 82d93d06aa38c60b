"""Serving a peer on loopback: two processes behind one socket, each answer telling its number of statements."""

import os
import socket

from waitress import create_server

THREADS = 8
HEADER = "X-Statements"


def serve(app, port):
    """Answer requests on this port until told to stop."""
    listening = socket.create_server(("127.0.0.1", port), backlog=64)
    os.fork()
    create_server(app, sockets=[listening], threads=THREADS, ident=None).run()


def told(app, tally):
    """Return the WSGI application `app` with the number of statements in each answer's header."""

    def counted(environ, start_response):
        tally.statements = 0

        def start(status, headers, error=None):
            return start_response(status, [*headers, (HEADER, str(tally.statements))], error)

        return app(environ, start)

    return counted
