"""`asrlab export`: write training manifests, data directories or subtitles."""

from pathlib import Path

import click

from asrlab.cli.options import catalog_option, opened_catalog

# The names of asrlab.export.FORMATS, which to import would cost `--help` the audio libraries.
FORMATS = ("nemo", "lhotse", "kaldi", "srt", "vtt", "qwen3-asr")


@click.command("export")
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder.")
@click.option("--where", metavar="CONDITION", help='SQL over v_current, as in "confidence > 0.8".')
@catalog_option
def command(form: str, out: Path, where: str | None, catalog: str | None) -> None:
    """Write the current transcripts in a format for training or watching.

    \b
    nemo       manifest.jsonl: audio_filepath, offset, duration, text, lang, and the catalog's ids
    lhotse     recordings.jsonl.gz and supervisions.jsonl.gz, with word alignments
    kaldi      wav.scp, segments, text, utt2spk, spk2utt; wav/ for what Kaldi can't read as it is
    srt, vtt   subtitles, one file a recording
    qwen3-asr  train.jsonl: audio, text with its language; clips/ with a WAV of each segment

    A repeated export writes the same files again. See docs/export.md.
    """
    from asrlab.export import export

    with opened_catalog(catalog) as opened:
        path, count = export(opened, form, out, where)
    click.echo(f"{count} segments in {path}")
