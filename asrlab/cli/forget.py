"""`asrlab forget`: remove recordings, or what a person said, for good."""

import click

from asrlab.cli.options import catalog_option, check_text, opened_catalog
from asrlab.cli.say import say


@click.command("forget")
@click.option(
    "--recording", "recordings", multiple=True, metavar="WHICH", help="Id, hash, place or file name."
)
@click.option("--speaker", "speakers", multiple=True, metavar="NAME", help="All that this person said.")
@click.option("--keep-audio", is_flag=True, help="Leave the audio files where they are.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@catalog_option
def command(
    recordings: tuple[str, ...], speakers: tuple[str, ...], keep_audio: bool, yes: bool, catalog: str | None
) -> None:
    """Remove audio, texts, words and all that was made of them, and list the releases that hold some of it.

    Audio on this machine is deleted; what lies behind a URL is listed, for its owner to delete. Of recordings in which
    others speak too, the person's texts go and the audio stays. What was forgotten is refused when it is found again.
    """
    from asrlab.errors import UserError
    from asrlab.forget import forget, plan_forgetting

    if not recordings and not speakers:
        raise click.UsageError("name what to forget: --recording or --speaker")
    for value in (*recordings, *speakers):
        check_text(value, "what to forget")
    with opened_catalog(catalog) as opened:
        plan = plan_forgetting(opened, recordings, speakers)
        doomed = plan.doomed
        say(
            f"{len(doomed.recordings)} recordings, and {len(doomed.segments)} segments of others, will be gone for good"
        )
        for uri in () if keep_audio else plan.files:
            say(f"deletes {uri}")
        for uri in plan.files if keep_audio else ():
            say(f"stays: {uri}", "warning")
        for uri in plan.elsewhere:
            say(f"delete it yourself: {uri}", "warning")
        if doomed.segments:
            say("the audio of recordings in which others speak stays", "warning")
        for name, count in plan.releases.items():
            say(f"release {name} holds {count} of the texts: it can't be written again", "warning")
        for folder in plan.folders:
            say(f"written to {folder}: delete it there too", "warning")
        if not yes and not _is_wanted():
            raise UserError("nothing was forgotten: give --yes, or answer yes")
        counts = forget(opened, plan, keep_audio=keep_audio)
    click.echo("forgotten: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if plan.releases:
        click.echo(f"releases that held some of it: {', '.join(plan.releases)}")


def _is_wanted() -> bool:
    """Whether a person says so; where nobody can be asked, nobody does."""
    try:
        return click.confirm("forget it?", default=False, err=True)
    except click.Abort:
        return False
