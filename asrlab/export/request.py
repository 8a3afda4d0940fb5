"""What an export is asked for: which texts in which shape, and how they are to be written.

Both halves travel as canonical JSON in releases and lock files; neither names a folder or a machine.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from asrlab.catalog.population import CURRENT
from asrlab.catalog.selection import Criteria
from asrlab.errors import OptionError
from asrlab.export.fitting import check_effects, check_name, check_numbers
from asrlab.export.registry import find_format
from asrlab.export.shaping import Shape
from asrlab.text.profiles import PROFILES

DEFAULT_SHARD_SIZE = 1_000
CLIP_CONTAINERS = ("wav", "flac", "opus")
AS_IS = "as-is"


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Which texts, in which shape, split how: what a release freezes.

    version: see `Population`. as_of: a date, a moment, or a release's name. profile: of asrlab.text.profiles. split:
    fractions as in "0.9/0.05/0.05", "" for none; by: what it is drawn by.
    """

    criteria: Criteria = field(default_factory=Criteria)
    version: str = CURRENT
    as_of: str = ""
    shape: Shape = field(default_factory=Shape)
    profile: str = AS_IS
    language_tags: bool = False
    split: str = ""
    by: str = "speaker"

    def check(self) -> None:
        """Raise OptionError for a value that is none."""
        if self.profile not in PROFILES:
            raise OptionError(f"there is no text profile {self.profile!r}: give one of {', '.join(PROFILES)}")


@dataclass(frozen=True, slots=True)
class WritingOptions:
    """How it is written. clips: a container of CLIP_CONTAINERS, "" for the format's own way.

    sampling_rate, channel: of clips; channel is mix, all, or a number from 0. shard_size: utterances in an archive.
    """

    variant: str = ""
    copy_audio: bool = False
    clips: str = ""
    sampling_rate: int = 16_000
    channel: str = "mix"
    shard_size: int = DEFAULT_SHARD_SIZE

    def check(self) -> None:
        """Raise OptionError for a value that is none."""
        if self.clips and self.clips not in CLIP_CONTAINERS:
            raise OptionError(f"clips are cut as {', '.join(CLIP_CONTAINERS)}, not as {self.clips!r}")
        if self.channel not in ("mix", "all") and not self.channel.isdecimal():
            raise OptionError(f"the channel of clips is mix, all or a number from 0, not {self.channel!r}")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One call of `asrlab export`. release: "" for an export that seals none."""

    form: str
    folder: Path
    selection: SelectionOptions = field(default_factory=SelectionOptions)
    writing: WritingOptions = field(default_factory=WritingOptions)
    release: str = ""


def request_of(form: str, folder: Path, release: str = "", **given: Any) -> ExportRequest:
    """A request out of flat options, as a command or a flow's parameters give them; None is what was not given.

    Raises OptionError for an option that is none, a value that is none, or an option without effect on this format.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    check_numbers(wanted)
    check_effects(find_format(form, wanted.get("variant", "")), wanted)
    if release:
        check_name(release)
    values = {
        kind: {each.name: wanted.pop(each.name) for each in fields(kind) if each.name in wanted}
        for kind in (Criteria, Shape, SelectionOptions, WritingOptions)
    }
    if wanted:
        raise OptionError(f"there is no option {', '.join(sorted(wanted))} of an export")
    selection = SelectionOptions(
        criteria=Criteria(**values[Criteria]), shape=Shape(**values[Shape]), **values[SelectionOptions]
    )
    writing = WritingOptions(**values[WritingOptions])
    selection.check()
    writing.check()
    return ExportRequest(form, folder, selection, writing, release)


def options_json(selection: SelectionOptions, writing: WritingOptions) -> str:
    """Both as canonical JSON."""
    return json.dumps(
        {"selection": asdict(selection), "writing": asdict(writing)}, sort_keys=True, ensure_ascii=False
    )


def options_of(text: str) -> tuple[SelectionOptions, WritingOptions]:
    """Both out of what `options_json` gave."""
    value: Mapping[str, Any] = json.loads(text)
    selection = dict(value["selection"])
    criteria, shape = Criteria(**selection.pop("criteria")), Shape(**selection.pop("shape"))
    return SelectionOptions(criteria=criteria, shape=shape, **selection), WritingOptions(**value["writing"])


def shown_options(selection: SelectionOptions, writing: WritingOptions) -> list[tuple[str, str]]:
    """The options that are not what they are when nobody says anything, by name, for people."""
    found: list[tuple[str, str]] = []
    for part, usual in (
        (selection.criteria, Criteria()),
        (selection, SelectionOptions()),
        (selection.shape, Shape()),
        (writing, WritingOptions()),
    ):
        for each in fields(part):
            value = getattr(part, each.name)
            if isinstance(value, (str, int, float)) and value != getattr(usual, each.name):
                found.append((each.name.replace("_", "-"), str(value)))
    return found or [("all", "the current texts that nobody rejected")]
