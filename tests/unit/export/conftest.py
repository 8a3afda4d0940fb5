"""Real audio in a catalog, labeled with the texts and times that a test says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pytest

from asrlab.audio.probe import content_hash, probe
from asrlab.catalog import Catalog, open_catalog
from asrlab.catalog.alignments import NewAlignment, add_alignment, transcripts_to_align
from asrlab.catalog.recordings import NewFile, add_file
from asrlab.catalog.segments import NewSegmentation, Segment, add_segmentation, segments_of_today
from asrlab.catalog.transcripts import EngineVersion, add_engine_version
from asrlab.domain.labels import AlignedWord, Hypothesis
from asrlab.domain.time import TimeSpan
from tests.factories import add_run


@dataclass(frozen=True)
class Said:
    """What is said from start to end; words: (text, start, end) in seconds from the segment's start."""

    start: float
    end: float
    text: str
    words: tuple[tuple[str, float, float], ...] = ()
    channel: int | None = None
    language: str | None = "en"


@dataclass
class Corpus:
    """A catalog that files are labeled into."""

    catalog: Catalog

    def label(self, path: Path, *said: Said) -> list[Segment]:
        stat = path.stat()
        file = NewFile(str(path), stat.st_size, stat.st_mtime_ns, content_hash(path), probe(path))
        pieces = tuple((each.channel, TimeSpan(each.start, each.end)) for each in said)
        with self.catalog.writing() as session:
            recording_id = add_file(session, file)
            add_segmentation(
                session, NewSegmentation(recording_id, file.content_hash, "whole", "{}", "f", 0.0, pieces)
            )
            segments = segments_of_today(session, [recording_id])
            run_id = add_run(session)
            by_place = {(segment.channel, segment.span): segment for segment in segments}
            for each, place in zip(said, pieces, strict=True):
                segment = by_place[place]
                hypothesis = Hypothesis(each.text, each.text, None, each.language)
                add_engine_version(
                    session, EngineVersion(segment.segment_id, run_id, "engine", "fake", hypothesis)
                )
                if each.words:
                    (pending,) = transcripts_to_align(session, "aligner", [segment.segment_id])
                    words = tuple(AlignedWord(word, TimeSpan(*times), 0.5) for word, *times in each.words)
                    add_alignment(session, NewAlignment(pending, run_id, "aligner", words))
        return segments


@pytest.fixture
def corpus(tmp_path: Path, sqlite_template: Path) -> Iterator[Corpus]:
    copy(sqlite_template, tmp_path / "catalog.db")
    catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}")
    yield Corpus(catalog)
    catalog.close()


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its name, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
