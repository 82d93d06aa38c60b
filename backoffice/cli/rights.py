"""The command that says what someone may do, and why."""

import click
from flask.cli import with_appcontext

from backoffice.cli.operating import Refused, operating, person
from backoffice.core.access import ALL, NONE, OWN, rule
from backoffice.core.resource import resources, verbs

SCOPES = {ALL: "yes", OWN: "own", NONE: "no"}


@click.command()
@click.argument("email")
@click.argument("verb", required=False)
@click.argument("model", required=False)
@with_appcontext
def rights(email, verb, model):
    """Say what someone may do: everything, or whether VERB is allowed on MODEL, and why."""
    with operating():
        user = person(email)
        if verb is None:
            _tell_all(user)
        else:
            _tell_one(user, verb, model)


def _tell_all(user):
    if not user.active:
        click.echo("The account is deactivated: it may do nothing.")
    for name, model in resources().items():
        found = {verb: rule(user, verb, model).scope for verb in verbs(model)}
        told = [verb if scope == ALL else f"{verb}:own" for verb, scope in found.items() if scope != NONE]
        click.echo(f"{name:<12}{' '.join(told) or '-'}")


def _tell_one(user, verb, name):
    model = resources().get(name or "")
    if model is None:
        raise Refused(f"Say of which of these: {', '.join(resources())}.")
    found = rule(user, verb, model)
    click.echo(f"{SCOPES[found.scope]}: {found.why}")
