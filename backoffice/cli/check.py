"""The commands that say whether this installation is fit to run."""

import click
from flask import current_app
from flask.cli import AppGroup

SHOWN = (
    "BACKOFFICE_ENV",
    "SITE_NAME",
    "SITE_URL",
    "MEDIA_URL",
    "COMMENTS",
    "RATELIMIT_ENABLED",
    "WEB_WORKERS",
)


@click.group(cls=AppGroup, invoke_without_command=True)
@click.pass_context
def check(context):
    """Look whether this installation is fit to run: all of it, or what is named."""
    if context.invoked_subcommand is None:
        found = [_is_fit(context, command) for command in check.commands.values()]
        if not all(found):
            raise SystemExit(1)


def _is_fit(context, command):
    try:
        context.invoke(command)
    except SystemExit as ended:
        return not ended.code
    return True


@check.command("config")
def check_config():
    """Show the settings in force, without any secret."""
    # Reaching this line means that config.load has accepted them: it refuses what is missing or weak.
    settings = current_app.config
    for name in SHOWN:
        click.echo(f"{name:<20}{settings[name]}")
    click.echo(f"{'DATABASE_URL':<20}{without_password(settings['SQLALCHEMY_DATABASE_URI'])}")
    click.echo(f"{'REDIS_URL':<20}{without_password(settings['REDIS_URL'])}")
    click.echo("The settings are complete.")


def without_password(address):
    """Return the address of a service with whatever proves one's right to it left out."""
    if not address:
        return "none"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
