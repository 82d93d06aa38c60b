"""The application in one process whose answers tell how many statements they took."""

import sys
from pathlib import Path

from sqlalchemy import Engine, event
from waitress import serve

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.append(str(ROOT / "bench" / "peers"))

from serving import told  # noqa: E402 - found once the folder is known

from backoffice import create_app  # noqa: E402 - as above


class Tally:
    """How many statements this process has sent since the request began."""

    statements = 0


@event.listens_for(Engine, "before_cursor_execute")
def _count(*_details):
    Tally.statements += 1


if __name__ == "__main__":
    serve(told(create_app(), Tally), host="127.0.0.1", port=int(sys.argv[1]), threads=2, ident=None)
