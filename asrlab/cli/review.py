"""`asrlab review`: the page where people listen, correct and decide; and who they are, and how they fare."""

import getpass
import os
import sys
import webbrowser
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from asrlab.cli.exits import STOPPING_NOW
from asrlab.cli.options import catalog_option, job_from, job_options, opened_catalog
from asrlab.cli.review_people import people
from asrlab.cli.review_stats import stats
from asrlab.cli.say import say
from asrlab.cli.stopping import stoppable

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.pipeline import LabelJob

DEFAULT_PORT = 8765
SHARE = click.FloatRange(0.0, 1.0)


@click.group("review", invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes any free one.",
)
@click.option("--no-browser", is_flag=True, help="Don't open the page.")
@click.option("--user", metavar="NAME", help="Who you are. [default: your login name]")
@click.option(
    "--auth", is_flag=True, help="Let people in by their tokens alone: see `asrlab review people add`."
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A name the page is opened by, as behind a proxy. Repeatable.",
)
@job_options("aligner", "aligner_model")
@click.option(
    "--second", type=SHARE, default=0.0, metavar="SHARE", help="Of decided items, to be heard again blind."
)
@click.option(
    "--gold", type=SHARE, default=0.0, metavar="SHARE", help="Of items given out, known ones to check by."
)
@catalog_option
@click.pass_context
def command(
    ctx: click.Context,
    host: str,
    port: int,
    no_browser: bool,
    user: str | None,
    auth: bool,
    allow_host: tuple[str, ...],
    aligner: str,
    aligner_model: str | None,
    second: float,
    gold: float,
    catalog: str | None,
) -> None:
    """Open a local page where you listen, correct and decide; every act is a new version with its history.

    It answers on this machine only, unless --host and --auth say otherwise. Ctrl-C ends it.
    """
    if ctx.invoked_subcommand is not None:
        _check_no_page_options(ctx)
        ctx.find_root().obj = catalog
        return
    if auth and user is not None:
        raise click.UsageError("give --user or --auth: with --auth tokens say who somebody is")
    with opened_catalog(catalog) as opened:
        from asrlab.review.queues import BlindShares
        from asrlab.web.serving import Serving, serve

        serving = Serving(
            host,
            port,
            None if auth else user or _login_name(),
            allow_host,
            _aligning_job(aligner, aligner_model),
            BlindShares(second, gold),
        )
        with stoppable(waits=True, says=STOPPING_NOW):
            serve(opened, serving, lambda address: _tell(opened, serving.user, address, opens=not no_browser))


command.add_command(people)
command.add_command(stats)


def _check_no_page_options(ctx: click.Context) -> None:
    """Raise UsageError for options that say how the page is opened, before a command that opens none."""
    given = [
        option.opts[0]
        for option in ctx.command.params
        if option.name != "catalog" and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        verb = "is" if len(given) == 1 else "are"
        raise click.UsageError(
            f"{', '.join(given)} {verb} for the page, which `{ctx.command_path} {ctx.invoked_subcommand}` does not open"
        )


def _login_name() -> str:
    from asrlab.errors import OptionError

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise OptionError("this machine does not say who you are: give --user NAME") from error


def _aligning_job(aligner: str, aligner_model: str | None) -> "LabelJob | None":
    """The job whose aligner is to run; None for none, or where the one that "auto" means can't run here."""
    from asrlab.errors import UserError
    from asrlab.pipeline import AUTO, check_aligner

    job = job_from(aligner=aligner, aligner_model=aligner_model)
    if job.aligner_name is None:
        return None
    try:
        check_aligner(job)
    except UserError as error:
        if aligner != AUTO:
            raise
        say(f"words of edited texts keep guessed times: {error}", "warning")
        return None
    return job


def _tell(catalog: "Catalog", user: str | None, address: str, *, opens: bool) -> None:
    from asrlab.review.people import list_people

    if user is None and not any(one.has_token and one.disabled_at is None for one in list_people(catalog)):
        say("nobody can log in yet: `asrlab review people add NAME --role admin` makes a token", "warning")
    whose = "with login" if user is None else f"as {user}"
    click.echo(f"review {address} {whose}; Ctrl-C ends it")
    if opens and _has_screen():
        webbrowser.open(address)


def _has_screen() -> bool:
    """Without one a browser of text would take the terminal."""
    return sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
