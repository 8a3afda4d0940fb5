"""A catalog: is every second of speech labeled, rejected or listed why, and is the audio what was ingested?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from asrlab.audio.places import verify_unchanged
from asrlab.audio.probe import content_hash
from asrlab.audio.remote.urls import is_url
from asrlab.catalog import Catalog
from asrlab.catalog.account import STATES, Account, Piece, speech_account
from asrlab.catalog.recordings import audio_sources, select_recording_ids
from asrlab.catalog.values import chunks
from asrlab.domain.audio import AudioSource
from asrlab.domain.time import SECONDS_PER_HOUR
from asrlab.errors import AudioError
from asrlab.verify.report import Report


def verify_catalog(catalog: Catalog, *, quick: bool = False) -> Report:
    """Account for all speech and read all audio of this machine. quick: look at size and time of files alone."""
    report = Report()
    with catalog.reading() as session:
        account = speech_account(session)
        ids = select_recording_ids(session)
    _tell(account, report)
    num_files = num_urls = 0
    for some in chunks(ids):
        with catalog.reading() as session:
            sources = audio_sources(session, some)
        for source in sources.values():
            if is_url(source.uri):
                num_urls += 1
                continue
            num_files += 1
            report.problems += _audio_problem(source, quick=quick)
    report.facts.append(f"{num_files} audio files {'looked at' if quick else 'read through'}")
    if num_urls:
        report.facts.append(f"{num_urls} recordings behind URLs not fetched")
    return report


def _tell(account: Account, report: Report) -> None:
    for state in STATES:
        if account.segments[state]:
            hours = account.seconds[state] / SECONDS_PER_HOUR
            report.facts.append(f"{state}: {account.segments[state]} segments, {hours:.4f} h")
    failed = [piece for piece in account.uncut if piece.why]
    if failed:
        report.facts.append(f"failed before they were cut: {len(failed)} recordings")
    report.problems += _problems("waits for a text: `asrlab label`", account.waiting)
    report.problems += _problems(
        "was not cut yet: `asrlab segment`", [piece for piece in account.uncut if not piece.why]
    )
    report.problems += [
        f"{piece.uri}: {piece.end:.3f} s of detected speech lie in no segment" for piece in account.lost
    ]


def _problems(what: str, pieces: Sequence[Piece]) -> Iterator[str]:
    return (f"{piece.uri} {piece.start:.3f}–{piece.end:.3f} s {what}" for piece in pieces)


def _audio_problem(source: AudioSource, *, quick: bool) -> Iterator[str]:
    try:
        verify_unchanged(source)
    except AudioError as error:
        yield error.message
        return
    if not quick and content_hash(Path(source.uri)) != source.content_hash:
        yield f"{source.uri} holds other bytes than those ingested, under the same size and time: restore it"
