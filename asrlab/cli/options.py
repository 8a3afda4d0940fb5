"""Options that several commands share, and how they become values."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from asrlab.catalog import Catalog
    from asrlab.pipeline import LabelJob

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_MAX_SEGMENT_S = 30.0


def catalog_option(command: Command) -> Command:
    """`--catalog URL`, before or after the command's name."""

    def remember(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        return value if value is not None else ctx.find_root().obj

    return click.option(
        "--catalog",
        metavar="URL",
        callback=remember,
        help="sqlite:///FILE or postgresql://… [default: ASRLAB_CATALOG, asrlab.toml, sqlite:///asrlab.db]",
    )(command)


def job_options(*names: str) -> Callable[[Command], Command]:
    """The options of a labeling job with these names, in the order given."""

    def decorate(command: Command) -> Command:
        for name in reversed(names):
            command = _JOB_OPTIONS[name](command)
        return command

    return decorate


_JOB_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "corpus": click.option("--corpus", help="The set that new recordings belong to. [default: default]"),
    "select": click.option("--corpus", help="Only recordings of this corpus. [default: all]"),
    "engine": click.option("--engine", default="whisper", show_default=True, help="See `asrlab engines`."),
    "model": click.option(
        "--model", help="Hub id or directory of the engine's weights. [default: the embedded model]"
    ),
    "revision": click.option(
        "--revision", help="Branch, tag or commit of --model on the hub. [default: main]"
    ),
    "language": click.option("--language", help="Tag or English name to force. [default: detect]"),
    "context": click.option("--context", default="", help="Words to expect: names, terms."),
    "aligner": click.option(
        "--aligner", default="auto", show_default=True, help="A name of `asrlab engines`, auto or none."
    ),
    "aligner_model": click.option(
        "--aligner-model", help="Hub id or directory of the aligner's weights. [default: the engine's]"
    ),
    "max_segment": click.option(
        "--max-segment",
        type=click.FloatRange(min=1.0),
        default=DEFAULT_MAX_SEGMENT_S,
        show_default=True,
        metavar="SECONDS",
        help="The longest segment.",
    ),
    "channels": click.option(
        "--channels",
        type=click.Choice(["mix", "split"]),
        default="mix",
        show_default=True,
        help="Cut the mean of all channels, or each by itself.",
    ),
    "no_vad": click.option("--no-vad", is_flag=True, help="Keep whole files, cut at --max-segment."),
}


def job_from(**given: Any) -> "LabelJob":
    """The job that a command's options describe; raises OptionError for values that don't fit."""
    from asrlab.config import load_settings, use_settings
    from flows.jobs import job_of

    settings = load_settings()
    use_settings(settings)
    return job_of(settings, **job_parameters(**given))


def job_parameters(**given: Any) -> dict[str, Any]:
    """A command's options as the parameters of a job, which those of the flows are too."""
    for name, value in given.items():
        if isinstance(value, str):
            check_text(value, f"--{name.replace('_', '-')}")
    parameters = {name: value for name, value in given.items() if value is not None and name != "no_vad"}
    return {**parameters, "vad": not given.get("no_vad", False)}


def is_text(value: str) -> bool:
    """Whether a command-line argument was valid UTF-8; Python carries other bytes as lone surrogates."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_text(value: str, what: str) -> None:
    """Raise OptionError for an argument that no database can hold or find."""
    from asrlab.errors import OptionError

    if not is_text(value):
        raise OptionError(f"{what} is no valid UTF-8 text: type it again")


@contextmanager
def opened_catalog(url: str | None, *, upgrade_schema: bool = False) -> Iterator["Catalog"]:
    """The catalog a command works on, made when there is none yet (and brought up to date, when asked to)."""
    from asrlab.catalog import open_catalog
    from asrlab.config import load_settings, use_settings

    settings = load_settings(catalog=url)
    use_settings(settings)
    chosen = settings.catalog
    check_text(chosen, "the catalog's URL")
    # A flow's tasks ask their own settings, so that no password travels through Prefect.
    os.environ["ASRLAB_CATALOG"] = chosen
    catalog = open_catalog(chosen, upgrade_schema=upgrade_schema)
    try:
        yield catalog
    finally:
        catalog.close()


def is_terminal() -> bool:
    """Whether a person watches: progress bars for people, plain lines for logs."""
    return sys.stderr.isatty()
