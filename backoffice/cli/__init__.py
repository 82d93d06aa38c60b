"""What an operator types: every command, one module for each subject."""

from backoffice.cli import (
    check,
    demo,
    export,
    files,
    history,
    imports,
    indexes,
    load,
    rights,
    roles,
    search,
    serve,
    users,
    work,
)

COMMANDS = (serve.run, demo.demo, export.export, check.check, imports.imports, users.users, roles.roles, rights.rights)
COMMANDS += (work.work, work.jobs, load.load)
COMMANDS += (search.search, history.history)
CHECKS = (files.check_files, search.check_search, indexes.check_indexes, history.check_history, roles.check_roles)


def init_app(app):
    """Give the application its commands."""
    for command in CHECKS:
        check.check.add_command(command)
    for command in COMMANDS:
        app.cli.add_command(command)
