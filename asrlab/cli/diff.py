"""`asrlab diff`: two versions of a segment's text, word by word."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from asrlab.cli.options import catalog_option, opened_catalog

if TYPE_CHECKING:
    from asrlab.catalog.transcripts import TextVersion

# What both databases hold as an integer.
ROW_ID = click.IntRange(1, 2**31 - 1)


@click.command("diff")
@click.argument("segment", type=ROW_ID)
@click.argument("old", type=ROW_ID, required=False)
@click.argument("new", type=ROW_ID, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(segment: int, old: int | None, new: int | None, as_json: bool, catalog: str | None) -> None:
    """What changed between two versions of a segment's text: [-taken away-] {+put in+}.

    SEGMENT is a segment id, OLD and NEW are version numbers of `asrlab show`. [default: the last two]
    """
    from asrlab.catalog.transcripts import text_versions
    from asrlab.errors import OptionError
    from asrlab.text.diff import diff_words, marked

    with opened_catalog(catalog) as opened, opened.reading() as session:
        versions = {version.version: version for version in text_versions(session, segment)}
    if not versions:
        raise OptionError(f"there is no text of segment {segment}: see `asrlab show RECORDING`")
    before, after = _chosen(segment, versions, old, new)
    edits = diff_words(before.text, after.text)
    if as_json:
        answer = {
            "segment_id": segment,
            "old": asdict(before),
            "new": asdict(after),
            "edits": [asdict(edit) for edit in edits],
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    click.echo(f"segment {segment}: v{before.version} {before.source} → v{after.version} {after.source}")
    click.echo(marked(edits))


def _chosen(
    segment: int, versions: "dict[int, TextVersion]", old: int | None, new: int | None
) -> "tuple[TextVersion, TextVersion]":
    from asrlab.errors import OptionError

    known = sorted(versions)
    if old is None and len(known) < 2:
        raise OptionError(f"segment {segment} has only version {known[0]}: nothing to compare it with")
    first = known[-2] if old is None else old
    second = known[-1] if new is None else new
    for wanted in (first, second):
        if wanted not in versions:
            listed = ", ".join(map(str, known))
            raise OptionError(f"segment {segment} has no version {wanted}: it has {listed}")
    return versions[first], versions[second]
