"""`asrlab verify`: is every second of speech accounted for, and is a release still what was sealed?"""

import json
from pathlib import Path

import click

from asrlab.cli.exits import EXIT_DONE, EXIT_USER_ERROR
from asrlab.cli.options import catalog_option, check_text, opened_catalog


@click.command("verify")
@click.argument("release", required=False)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where the release lies, or any export. [default: where it was written last]",
)
@click.option("--quick", is_flag=True, help="Catalog: look at size and time of audio files, don't read them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalog_option
def command(release: str | None, folder: Path | None, quick: bool, as_json: bool, catalog: str | None) -> int:
    """Check the catalog, or a RELEASE; exit 1 and a list when something is wrong.

    \b
    asrlab verify             every second of speech is labeled, rejected, or listed with its reason;
                              audio files hold the bytes that were ingested
    asrlab verify v1          checksums of every file, row counts, and what a reader of the format finds
    asrlab verify --dir DIR   the same for any export, by its own lock file
    """
    from asrlab.verify import verify_catalog, verify_folder, verify_release

    check_text(release or "", "the release's name")
    if release is None and folder is not None:
        report = verify_folder(folder)
    else:
        with opened_catalog(catalog) as opened:
            report = (
                verify_catalog(opened, quick=quick)
                if release is None
                else verify_release(opened, release, folder)
            )
    if as_json:
        answer = {"ok": not report.problems, "facts": report.facts, "problems": report.problems}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        for line in (*report.facts, *report.problems):
            click.echo(line)
        click.echo("nothing is wrong" if not report.problems else f"{len(report.problems)} problems")
    return EXIT_USER_ERROR if report.problems else EXIT_DONE
