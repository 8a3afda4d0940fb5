"""`asrlab import`: bring texts back from files, as versions of origin import."""

from pathlib import Path

import click

from asrlab.cli.options import catalog_option, check_text, job_options, opened_catalog
from asrlab.cli.stopping import stoppable

# The names of asrlab.ingest.imports, which to import would cost `--help` the catalog.
FORMATS = (
    *("nemo", "lhotse", "kaldi", "espnet", "hf", "qwen3-asr", "textgrid", "srt", "vtt", "label-studio"),
    *("csv", "jsonl", "parquet"),
)


@click.command("import")
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--audio",
    "audio_folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where else to look for the audio, and where to unpack what lies inside files.",
)
@job_options("corpus")
@catalog_option
def command(form: str, path: Path, audio_folder: Path | None, corpus: str | None, catalog: str | None) -> int:
    """Bring the texts of a file, or of a folder's files, back into the catalog.

    \b
    nemo        manifests, and tarred shards       lhotse        supervisions, cuts, Shar
    kaldi       a data directory; espnet: the same hf            metadata of an audiofolder, Parquet
    qwen3-asr   train.jsonl                        label-studio  annotations, else predictions
    textgrid    tiers of texts and words           srt, vtt      subtitles
    csv, jsonl, parquet   tables that name audio and have a text

    A text becomes the next version of the segment with its interval, of origin import, when it says something new; else
    nothing happens. An interval that is no segment becomes one. Audio that is not known is ingested. See docs/import.md.
    """
    from asrlab.cli.outcome import failures_of, report
    from asrlab.ingest.importing import import_texts

    check_text(corpus or "", "--corpus")
    check_text(str(path), "the path")
    with opened_catalog(catalog) as opened, stoppable():
        outcome = import_texts(opened, form, path, audio_folder, corpus or "")
        click.echo(
            f"{outcome.texts} texts of {len(outcome.recording_ids)} recordings ({outcome.new_recordings} new): "
            f"{outcome.versions} new versions, {outcome.segments} new segments"
        )
        return report(failures_of(opened, list(outcome.failures), [], {}))
