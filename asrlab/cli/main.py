"""`asrlab`: finds the command, runs it, and turns asrlab's errors into one line and an exit code.

A command's module is imported only when it runs: `--help` must answer at once.
"""

import importlib
import os
import sys

import click

from asrlab import __version__
from asrlab.cli.exits import EXIT_USER_ERROR, INTERRUPTED, PREFIX, STOPPED, exit_code_of
from asrlab.cli.process import prepare_process
from asrlab.cli.say import FORMATS, TEXT, VARIABLE, is_json, say, use_format
from asrlab.cli.stopping import Interrupted
from asrlab.errors import AsrlabError

# name → (module of asrlab.cli, one line of help), in the order of a day's work.
COMMANDS = {
    "init": ("init", "Make the catalog, or bring its schema up to date."),
    "demo": ("demo", "Label real speech that comes with a package, and show what came out."),
    "label": ("label", "Ingest, segment, transcribe and align audio."),
    "ingest": ("ingest", "Put audio files into the catalog."),
    "source": ("source", "Places to look for audio again and again: add, list, show, disable."),
    "segment": ("segment", "Cut recordings where somebody speaks."),
    "transcribe": ("transcribe", "Transcribe segments with an engine."),
    "align": ("align", "Find the times of the words of the current texts."),
    "relabel": ("relabel", "Let another engine write a new version of what is labeled."),
    "status": ("status", "What stands in the catalog, and what is left to do."),
    "failures": ("failures", "What could not be labeled, and why."),
    "retry": ("retry", "Let failed items be tried again."),
    "show": ("show", "One recording: texts, times, versions."),
    "diff": ("diff", "Two versions of a segment's text, word by word."),
    "search": ("search", "Find what was said: the recording and the second."),
    "sql": ("sql", "Query the catalog (read-only)."),
    "review": ("review", "Listen, correct and decide, on a local web page."),
    "export": ("export", "Write data sets: for training, subtitles, annotation; seal releases."),
    "import": ("import_", "Bring texts back in: manifests, subtitles, TextGrids."),
    "releases": ("releases", "Sealed data sets: list, show, diff."),
    "verify": ("verify", "Is every second of speech accounted for? Is a release what was sealed?"),
    "forget": ("forget", "Remove recordings, or what a person said, for good."),
    "engines": ("engines", "The engines and aligners that are installed."),
    "serve": ("serve", "Run the flows on this machine: scheduled ingestion, then labeling."),
    "worker": ("worker", "Take runs from a work pool on another machine's server."),
    "corpus": ("corpus", "Sets of recordings, and which is labeled first."),
    "server": ("server", "A Prefect server that stays between calls: up, down, status."),
    "doctor": ("doctor", "What is wrong here, and the command that mends it."),
    "db": ("db", "Look after the catalog's database: upgrade, copy."),
    "completion": ("completion", "Let the shell complete commands and options."),
}


class LazyCommands(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"asrlab.cli.{COMMANDS[name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; see `asrlab --help`"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--catalog", metavar="URL", help="The catalog (or ASRLAB_CATALOG, asrlab.toml, ./asrlab.db).")
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default=TEXT,
    envvar=VARIABLE,
    help="How to tell on standard error what happens: lines of text, or of JSON.",
)
@click.version_option(__version__, message="asrlab %(version)s")
@click.pass_context
def cli(ctx: click.Context, catalog: str | None, log_format: str) -> None:
    """Label speech: a folder of audio becomes a queryable catalog and training manifests.

    \b
    asrlab label recordings/                     transcribe and align what is new
    asrlab sql "SELECT text FROM v_current"      query the transcripts
    asrlab export nemo --out manifest/           write a training manifest

    Exit codes: 0 done, 1 a user's error, 2 usage, 3 done, but some inputs stand in failures.
    """
    use_format(log_format)
    ctx.obj = catalog


def main() -> None:
    """The console script: every error of asrlab's own is one line on standard error."""
    prepare_process()
    try:
        code = cli.main(prog_name="asrlab", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(_interrupted())
    except KeyboardInterrupt:
        sys.exit(_interrupted())
    except Interrupted as stopped:
        say(STOPPED, "warning", prefix=PREFIX)
        sys.exit(exit_code_of(stopped.number))
    except click.ClickException as error:
        if is_json():
            say(error.format_message(), "error", error="UsageError")
        else:
            error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python must not complain of it while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except AsrlabError as error:
        say(str(error), "error", prefix=PREFIX, error=type(error).__name__)
        sys.exit(EXIT_USER_ERROR)
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted() -> int:
    say(STOPPED, "warning", prefix=PREFIX)
    return INTERRUPTED


if __name__ == "__main__":
    main()
