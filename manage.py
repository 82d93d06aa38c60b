"""The command line: every command of the application, under one name."""

import sys

from flask.cli import FlaskGroup, routes_command, shell_command
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from backoffice import create_app
from backoffice.core.resource import Contradiction
from config import ConfigError

REFUSED = 2

main = FlaskGroup(
    create_app=create_app,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    set_debug_flag=False,
    help="The commands of the back office.",
)
main.add_command(routes_command)
main.add_command(shell_command)


def refuse(sentence):
    """Say on one line why nothing was done, and end."""
    print(" ".join(str(sentence).split()), file=sys.stderr)  # noqa: T201 - this is the terminal's own program
    sys.exit(REFUSED)


if __name__ == "__main__":
    # What is wrong is in the settings, a declaration or the database: the sentence helps, a traceback would not.
    try:
        main()
    except (ConfigError, Contradiction) as error:
        refuse(error)
    except ArgumentError:
        refuse("DATABASE_URL is no address of a SQLite or PostgreSQL database.")
    except (OperationalError, ProgrammingError) as error:
        refuse(f"The database cannot be used ({error.orig}). Is it there, and has “manage.py db upgrade” been run?")
