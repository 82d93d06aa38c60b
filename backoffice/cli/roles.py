"""The commands about roles: what they allow, and who has them."""

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select

from backoffice.cli.operating import operating, person, role
from backoffice.core import grants, writing
from backoffice.core.access import OPERATOR, visible
from backoffice.core.model import db
from backoffice.models.accounts import Role, give_first_rights, user_role


@click.group(cls=AppGroup)
def roles():
    """Roles: what they allow, and who has them."""


@roles.command("list")
def list_roles():
    """Show every role, how many people have it, and what it allows."""
    counted = select(user_role.c.role_id, func.count()).group_by(user_role.c.role_id)
    people = dict(db.session.execute(counted).all())
    for one in db.session.scalars(visible(OPERATOR, "read", Role).order_by(Role.name)):
        click.echo(f"{one.name:<20}{people.get(one.id, 0):>6}  {' '.join(one.rights) or 'nothing'}")


@roles.command()
def init():
    """Create the roles that the models name, with their first rights; roles there are stay as they are."""
    with operating() as session:
        names = give_first_rights(session)
    click.echo(f"Created: {', '.join(names)}." if names else "All of them were there already.")


@roles.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be given and taken.")
def refresh(dry_run):
    """Give the roles what has come with later versions; what was changed by hand stays as it is."""
    with operating() as session:
        found = grants.news(session, Role)
        for one in found:
            _tell(one)
            if not (dry_run or one.unsure):
                _take(session, one)
    if not found:
        click.echo("The roles hold all that has come.")
    elif dry_run:
        click.echo("This was a rehearsal: nothing was changed.")


def _tell(one):
    for sign, rights in (("+", one.added), ("-", one.removed), ("?", one.unsure)):
        for right in rights:
            click.echo(f"{one.role:<20}{sign} {right}")
    if one.unsure:
        click.echo(f"{one.role}: nothing tells whether those with ? were taken away; “roles allow” gives them.")


def _take(session, one):
    if one.row is None:
        writing.create(session, OPERATOR, Role, {"name": one.role, "rights": one.rights()})
    else:
        writing.update(session, OPERATOR, one.row, {"rights": one.rights()})
    grants.note(session, one.role, grants.declared()[one.role])


@click.command("roles")
@with_appcontext
def check_roles():
    """Look whether the roles hold what has come with later versions."""
    found = [one for one in grants.news(db.session(), Role) if one.added or one.removed]
    for one in found:
        _tell(one)
    if found:
        click.echo("“roles refresh” gives and takes these; what was changed by hand stays as it is.", err=True)
        raise SystemExit(1)
    click.echo("The roles hold all that has come.")


@roles.command()
@click.argument("name")
@click.option("--right", "rights", multiple=True, help="A right, such as post.update:own; may be named again.")
@click.option("--description", help="What the role is for.")
def create(name, rights, description):
    """Make a role."""
    with operating() as session:
        values = {"name": name, "rights": list(rights), "description": description}
        writing.create(session, OPERATOR, Role, values)
    click.echo(f"There is now a role {name}.")


@roles.command()
@click.argument("email")
@click.argument("name")
def grant(email, name):
    """Give a role to someone."""
    with operating() as session:
        user, one = person(email), role(name)
        given = one not in user.roles
        if given:
            writing.update(session, OPERATOR, user, {"roles": [*user.roles, one]})
    click.echo(f"{email} {'is now' if given else 'was already'} {one.name}.")


@roles.command()
@click.argument("email")
@click.argument("name")
def revoke(email, name):
    """Take a role from someone."""
    with operating() as session:
        user, one = person(email), role(name)
        taken = one in user.roles
        if taken:
            writing.update(session, OPERATOR, user, {"roles": [other for other in user.roles if other.id != one.id]})
    click.echo(f"{email} {'is no longer' if taken else 'was not'} {one.name}.")


@roles.command()
@click.argument("name")
@click.argument("rights", nargs=-1, required=True)
def allow(name, rights):
    """Add rights to a role."""
    _set(name, lambda held: [*held, *rights])


@roles.command()
@click.argument("name")
@click.argument("rights", nargs=-1, required=True)
def forbid(name, rights):
    """Remove rights from a role."""
    _set(name, lambda held: [right for right in held if right not in rights])


def _set(name, change):
    with operating() as session:
        one = role(name)
        writing.update(session, OPERATOR, one, {"rights": change(one.rights)})
        told = " ".join(one.rights) or "nothing"
    click.echo(f"{name} may now: {told}")
