"""The servers of a run: started one after the other on loopback, and ended by their numbers whatever happens."""

import math
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST_START = 60
LONGEST_GOODBYE = 10


@contextmanager
def started(command, port, folder, log, **environment):
    """Run `command` in a group of its own until the block ends; it is to answer on this port."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            _end(process)


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def memory(group):
    """Return the megabytes of the largest process of this group, or None where /proc does not tell."""
    sizes = [_size(path) for path in Path("/proc").glob("[0-9]*") if _group(path) == group]
    return max((size for size in sizes if size), default=None)


def worked(group):
    """Return for how many milliseconds the processes of this group have computed since they were started."""
    found = 0
    for path in (path for path in Path("/proc").glob("[0-9]*") if _group(path) == group):
        for thread in path.glob("task/*/schedstat"):
            with suppress(OSError):
                found += int(thread.read_text().split()[0])
    return found / 1e6


def available():
    """Return the megabytes that programs could still take, endless where /proc does not tell."""
    path = Path("/proc/meminfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable")), math.inf)


def _wait(process, port, log):
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args[0]} does not answer on port {port}; {log} tells more.")


def _end(process):
    for name, patience in ((signal.SIGTERM, LONGEST_GOODBYE), (signal.SIGKILL, 2)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, name)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            process.poll()
            if not any(_group(path) == process.pid for path in Path("/proc").glob("[0-9]*")):
                return
            time.sleep(0.1)


def _group(path):
    with suppress(OSError):
        state = (path / "stat").read_text().rpartition(")")[2].split()
        return 0 if state[0] == "Z" else int(state[2])
    return 0


def _size(path):
    with suppress(OSError):
        lines = (path / "status").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0)
    return 0
