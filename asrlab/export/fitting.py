"""Do the options of an export fit each other and its format? One without effect is refused, not passed over."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from asrlab.errors import OptionError
from asrlab.export.formats.protocol import AudioNeed, Format
from asrlab.export.registry import FORMATS

_SEPARATORS = "/\\"
_CONTROLS = ("Cc", "Zl", "Zp")


def check_name(release: str) -> None:
    """Raise OptionError for what is no name of a release: people name folders after it, and it stands in one line."""
    if not release.strip():
        raise OptionError("a release needs a name: leave it out to seal none")
    if any(character in _SEPARATORS or unicodedata.category(character) in _CONTROLS for character in release):
        raise OptionError(
            f"a release's name holds no slash, backslash, line break or other control character: not {release!r}"
        )


def check_numbers(given: Mapping[str, Any]) -> None:
    """Raise OptionError for what is a number to Python and to nobody else."""
    for name, value in given.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise OptionError(f"{_option(name)} takes a number, not {value}")


def check_effects(form: Format, given: Mapping[str, Any]) -> None:
    """Raise OptionError for an option that changes nothing of what is written in this format.

    given: the options by name that somebody gave a value, whatever it is.
    """
    has_clips = form.audio in (AudioNeed.CLIPS, AudioNeed.PACKED) or bool(given.get("clips"))
    if form.audio is AudioNeed.NONE:
        for name in ("clips", "copy_audio", "sampling_rate", "channel"):
            if given.get(name):
                raise OptionError(f"the format {form.name} holds no audio: leave {_option(name)} out")
    for name in ("sampling_rate", "channel"):
        if name in given and not has_clips:
            raise OptionError(f"{_option(name)} is of clips: give --clips too, or leave it out")
    if "shard_size" in given and form.audio is not AudioNeed.PACKED:
        raise OptionError(_no_archives(form.name))


def _no_archives(form: str) -> str:
    packed = next((name for name, each in FORMATS[form].items() if each.audio is AudioNeed.PACKED), None)
    if packed is None:
        return f"the format {form} writes no archives: leave --shard-size out"
    return f"the format {form} writes archives with --{packed}: give that too, or leave --shard-size out"


def _option(name: str) -> str:
    """As the command calls it."""
    return "--rate" if name == "sampling_rate" else f"--{name.replace('_', '-')}"
