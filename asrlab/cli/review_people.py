"""`asrlab review people`: who may review, and the tokens they log in with."""

import json

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.tables import print_rows

# The names of asrlab.review.people, which to import would cost `--help` the catalog.
ROLES = ("annotator", "reviewer", "admin")


@click.group("people")
def people() -> None:
    """Who reviews. With `asrlab review --auth` only they get in, each with a token."""


@people.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="annotator",
    show_default=True,
    help="Annotators correct; reviewers also see figures and name gold items; admins may do all.",
)
@catalog_option
def add(name: str, role: str, catalog: str | None) -> None:
    """Add a person, or give one another role and a new token. The token is printed once and kept nowhere."""
    from asrlab.review.people import add_person, role_of

    check_text(name, "the name")
    with opened_catalog(catalog) as opened:
        token = add_person(opened, name, role_of(role))
    click.echo(f"{name} is {role} and logs in with this token, which is not shown again:", err=True)
    click.echo(token)


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def list_all(as_json: bool, catalog: str | None) -> None:
    """Everybody who reviewed or may."""
    from asrlab.review.people import list_people

    with opened_catalog(catalog) as opened:
        found = list_people(opened)
    names = ("name", "role", "token", "state", "since")
    rows = [
        (
            person.name,
            person.role,
            "yes" if person.has_token else "no",
            "enabled" if person.disabled_at is None else "disabled",
            person.created_at.isoformat(sep=" ", timespec="seconds"),
        )
        for person in found
    ]
    if as_json:
        click.echo(
            json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=1)
        )
    elif not rows:
        click.echo(
            "nobody yet: `asrlab review --user NAME` makes one, `asrlab review people add NAME` a token too"
        )
    else:
        print_rows(names, rows)


@people.command("disable")
@click.argument("name")
@catalog_option
def disable(name: str, catalog: str | None) -> None:
    """Let a person in no more; what they did stays."""
    from asrlab.review.people import disable_person

    check_text(name, "the name")
    with opened_catalog(catalog) as opened:
        disable_person(opened, name)
    click.echo(f"{name} is disabled")
