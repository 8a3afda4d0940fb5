"""`asrlab export`: write training manifests, data directories or subtitles, and seal releases."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.say import say

if TYPE_CHECKING:
    from asrlab.export import Exported

# The names of asrlab.export.FORMATS, which to import would cost `--help` the audio libraries.
FORMATS = (
    *("nemo", "lhotse", "kaldi", "espnet", "hf", "webdataset", "qwen3-asr", "whisper", "ljspeech"),
    *("commonvoice", "ctm", "textgrid", "eaf", "srt", "vtt", "audacity", "rttm", "label-studio"),
    *("csv", "parquet", "jsonl"),
)
PROFILES = ("as-is", "nfc-1", "cased-1", "lower-1", "bare-1")
VARIANTS = ("tarred", "shar", "parquet")
Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def _options(*options: Decorator) -> Decorator:
    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_WHICH = _options(
    click.option("--where", metavar="CONDITION", help='SQL over v_current, as in "end_s - start_s > 1".'),
    click.option("--corpus", help="Only recordings of this corpus."),
    click.option(
        "--verdict",
        type=click.Choice(["accepted", "corrected", "rejected", "reviewed", "any"]),
        help="What people said of the text; reviewed: accepted or corrected. [default: all but rejected]",
    ),
    click.option(
        "--min-confidence",
        type=click.FloatRange(0, 1),
        metavar="X",
        help="Of engines' texts; people's and imported ones have none and stay.",
    ),
    click.option("--flags", metavar="NAMES", help="none: only texts without a flag; or with one of these."),
    click.option(
        "--version",
        metavar="WHICH",
        help="current, human, engine:NAME or run:ID: the newest text of that kind. [default: current]",
    ),
    click.option(
        "--as-of", metavar="WHEN", help="What counted on a date (to its end, UTC), or in a release."
    ),
)
_SHAPE = _options(
    click.option(
        "--mask",
        type=click.Choice(["drop", "cut"]),
        help="Leave utterances with a doubtful word out, or cut around the word.",
    ),
    click.option(
        "--mask-below",
        type=click.FloatRange(0, 1),
        metavar="X",
        help="A word's score under which it is doubtful. [default: 0.5]",
    ),
    click.option("--min-seconds", type=click.FloatRange(0), metavar="S", help="Leave shorter ones out."),
    click.option("--max-seconds", type=click.FloatRange(0), metavar="S", help="Leave longer ones out."),
    click.option(
        "--merge-seconds",
        type=click.FloatRange(0),
        metavar="S",
        help="Join neighbours of one speaker up to so long, never through a word.",
    ),
    click.option(
        "--merge-gap",
        type=click.FloatRange(0),
        metavar="S",
        help="The longest silence between joined ones. [default: 1]",
    ),
    click.option(
        "--pad-seconds", type=click.FloatRange(0), metavar="S", help="Silence to keep on each side."
    ),
    click.option("--text", "profile", type=click.Choice(PROFILES), help="Rules for texts. [default: as-is]"),
    click.option("--language-tags", is_flag=True, default=None, help="Begin each text with <|en|>."),
    click.option("--split", metavar="0.9/0.05/0.05", help="Into train/, dev/ and test/ (two: train, test)."),
    click.option(
        "--by",
        type=click.Choice(["speaker", "recording", "text", "hash"]),
        help="What splits are drawn by. [default: speaker]",
    ),
)
_WRITING = _options(
    click.option(
        "--copy-audio", is_flag=True, default=None, help="Lay the audio beside, all paths relative."
    ),
    click.option("--clips", type=click.Choice(["wav", "flac", "opus"]), help="Cut each utterance to a file."),
    click.option(
        "--rate", "sampling_rate", type=click.IntRange(min=1), metavar="HZ", help="Of clips. [default: 16000]"
    ),
    click.option("--channel", metavar="WHICH", help="Of clips: mix, all, or a number from 0. [default: mix]"),
    click.option("--tarred", "variant", flag_value="tarred", help="nemo: tarred shards."),
    click.option("--shar", "variant", flag_value="shar", help="lhotse: the Shar layout."),
    click.option("--parquet", "variant", flag_value="parquet", help="hf: Parquet with the audio inside."),
    click.option(
        "--shard-size",
        type=click.IntRange(min=1),
        metavar="N",
        help="Utterances in an archive. [default: 1000]",
    ),
)


@click.command("export")
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder.")
@click.option("--release", metavar="NAME", help="Seal under this name, or write that release again.")
@_WHICH
@_SHAPE
@_WRITING
@catalog_option
def command(form: str, out: Path, release: str | None, catalog: str | None, **given: Any) -> None:
    """Write the current transcripts in a format for training, watching or annotating.

    \b
    nemo        manifest.jsonl; --tarred: shards          lhotse      recordings, supervisions, cuts; --shar
    kaldi       a data directory; espnet: the same        hf          audiofolder; --parquet: audio inside
    webdataset  shards of clips, texts and JSON           qwen3-asr   train.jsonl and clips
    whisper     fine-tuning with time stamps              ljspeech    metadata.csv and wavs
    commonvoice validated.tsv and clips                   ctm         words with times for scoring
    textgrid    tiers for Praat                           eaf         tiers for ELAN
    srt, vtt    subtitles                                 audacity    label tracks
    rttm        who speaks when                           label-studio  tasks with predictions
    csv, parquet, jsonl   tables of recordings, utterances and words

    Beside them: export.lock.json (what it was made of, checksums) and README.md (a card of the data set).
    A repeated export writes the same files again. See docs/export.md and docs/formats.md.
    """
    from asrlab.export import export, request_of

    for name, value in {**given, "release": release}.items():
        if isinstance(value, str):
            check_text(value, f"--{name.replace('_', '-')}")
    if release is not None and not release.strip():
        raise click.UsageError("--release needs a name: leave it out to seal none")
    request = request_of(form, out, release or "", **given)
    with opened_catalog(catalog) as opened:
        exported = export(opened, request)
    for line in told(exported):
        say(line)
    click.echo(f"{exported.num_utterances} utterances in {exported.path}")


def told(exported: "Exported") -> list[str]:
    """What a person wants to know of it beside the files: splits, what was left out, leaks that were avoided."""
    from asrlab.export.statistics import length_text

    lines = [
        f"{name}: {each.num_utterances} utterances, {length_text(each.audio_ms)}, {each.num_recordings} recordings"
        for name, each in exported.splits.items()
        if name
    ]
    lines += exported.leaks
    lines += [
        f"left out: {count} utterances, {length_text(length)} ({reason.replace('_', ' ')})"
        for reason, (count, length) in exported.left_out.items()
    ]
    if exported.is_again:
        lines.append("the release as it was sealed, written again")
    return lines
