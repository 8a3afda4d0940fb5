"""`asrlab show`: one recording, with texts, times and versions."""

import json
from typing import Any

import click

from asrlab.cli.options import catalog_option, opened_catalog


@click.command("show")
@click.argument("recording")
@click.option("--words", is_flag=True, help="The times of each word too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(recording: str, words: bool, as_json: bool, catalog: str | None) -> None:
    """One recording: its segments, the texts that count, their versions and word times.

    RECORDING is an id, a path, a file name, or the beginning of a content hash.
    """
    from asrlab.catalog.contents import recording_contents
    from asrlab.catalog.recordings import find_recordings
    from asrlab.cli.options import check_text
    from asrlab.errors import OptionError

    check_text(recording, "RECORDING")

    with opened_catalog(catalog) as opened, opened.reading() as session:
        found = find_recordings(session, recording)
        if len(found) != 1:
            raise OptionError(
                f'no recording is called {recording!r}: see asrlab sql "SELECT recording_id, uri FROM v_recordings"'
                if not found
                else f"{recording!r} names {len(found)} recordings: give one of the ids {found[:10]}"
            )
        contents = recording_contents(session, found[0])
    if as_json:
        click.echo(json.dumps(contents, ensure_ascii=False, indent=1))
        return
    _print(contents, words)


def _print(contents: dict[str, Any], with_words: bool) -> None:
    click.echo(
        f"recording {contents['recording_id']}  {contents['uri']}\n"
        f"{contents['duration']:.2f} s, {contents['sampling_rate']} Hz, {contents['num_channels']} channel(s), "
        f"{contents['container']}/{contents['codec']}, corpus {contents['corpus']}"
    )
    for segment in contents["segments"]:
        channel = "" if segment["channel"] is None else f", channel {segment['channel']}"
        click.echo(
            f"\n[{segment['start_s']:.3f} - {segment['end_s']:.3f}]  segment {segment['segment_id']}{channel}"
        )
        for version in segment["versions"]:
            mark = "*" if version["is_current"] else " "
            source = version["engine"] or version["author"] or version["origin"]
            sure = "" if version["confidence"] is None else f", confidence {version['confidence']:.2f}"
            flags = f", {version['flags']}" if version["flags"] else ""
            click.echo(
                f" {mark} v{version['version']} {version['origin']} {source} [{version['language'] or '?'}{sure}{flags}]"
            )
            click.echo(f"   {version['text']}")
            if with_words and version["is_current"]:
                for word in version["words"]:
                    click.echo(f"   {word['start_s']:9.3f} {word['end_s']:9.3f}  {word['word']}")
