"""The options that say where audio comes from and what lies beside it, and looking for it."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from asrlab.ingest import Discovery

Command = TypeVar("Command", bound=Callable[..., Any])

# Those of asrlab.ingest.sidecars, which to import would cost `--help` the catalog.
SIDECAR_KINDS = ("TextGrid", "srt", "vtt", "lab", "txt")
ANY_SIDECAR = "any"


class SidecarKind(click.ParamType[str]):
    """A kind of sidecar, in any case, with or without a dot."""

    name = "KIND"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        kind = sidecar_kind(value)
        if kind is None:
            self.fail(f"{value!r} is none of {', '.join(SIDECAR_KINDS)}", param, ctx)
        return kind


class SourcesCommand(click.Command):
    """A command whose `--sidecar` takes a kind or nothing: in `--sidecar calls/` the folder is none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write `--sidecar` with its kind as one word."""
        words: list[str] = []
        for word in args:
            if words and words[-1] == "--sidecar":
                words[-1] = f"--sidecar={word if sidecar_kind(word) else ANY_SIDECAR}"
                if sidecar_kind(word):
                    continue
            words.append(word)
        if words and words[-1] == "--sidecar":
            words[-1] = f"--sidecar={ANY_SIDECAR}"
        return super().parse_args(ctx, words)


def sidecar_kind(word: str) -> str | None:
    """The kind that a word of the command line names, None for any other word."""
    kinds = {kind.lower(): kind for kind in (*SIDECAR_KINDS, ANY_SIDECAR)}
    return kinds.get(word.removeprefix(".").lower())


def sources_options(command: Command) -> Command:
    """`--sidecar` and `--allow-private`."""
    sidecar = click.option(
        "--sidecar",
        type=SidecarKind(),
        metavar="[KIND]",
        help="Take the texts beside the audio: .TextGrid, .srt, .vtt, .lab or .txt; or only those of one kind.",
    )
    private = click.option(
        "--allow-private",
        is_flag=True,
        expose_value=False,
        callback=_allow_private,
        help="Let URLs lead to private addresses: this machine, its network.",
    )
    return sidecar(private(command))


def find_audio(inputs: Sequence[str], sidecar: str | None) -> "Discovery":
    """What the inputs name now, looked for within the limits of the settings."""
    from asrlab.config import load_settings, use_settings
    from asrlab.ingest import discover

    use_settings(load_settings())
    return discover(inputs, sidecar)


def _allow_private(_ctx: click.Context, _parameter: click.Parameter, given: bool) -> None:
    if given:
        # A flow's tasks ask their own settings.
        os.environ["ASRLAB_ALLOW_PRIVATE"] = "true"
