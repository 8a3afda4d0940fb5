"""What was forgotten does not come back from files that were exported before."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from asrlab.catalog.forget import Doomed, forget, of_speaker
from asrlab.catalog.query import run_query
from asrlab.catalog.schema import SegmentRow
from asrlab.export import export, request_of
from asrlab.ingest import ingest_files
from asrlab.ingest.importing import import_texts
from tests.unit.export.conftest import Corpus, Said
from tests.unit.export.conftest import corpus as corpus
from tests.unit.ingest.imports.test_round_trip import write_noise

FAILURES = "SELECT DISTINCT reason FROM v_failures"
FORMS = ("nemo", "lhotse", "kaldi", "hf", "qwen3-asr", "textgrid", "label-studio", "csv")


def zelda_and_others(corpus: Corpus, folder: Path) -> None:
    """Recording 1: zelda's alone. Recording 2: zelda 0.5–2, bob 2.5–3.5."""
    corpus.label(write_noise(folder / "zelda.wav", 4.0, 1), Said(0.5, 2.0, "mine"), Said(2.5, 3.5, "too"))
    corpus.label(
        write_noise(folder / "both.wav", 4.0, 2), Said(0.5, 2.0, "also mine"), Said(2.5, 3.5, "bobs")
    )
    with corpus.catalog.writing() as session:
        session.execute(sa.update(SegmentRow).values(speaker="zelda"))
        session.execute(sa.update(SegmentRow).where(SegmentRow.segment_id == 4).values(speaker="bob"))


def left(corpus: Corpus) -> tuple[tuple[object, ...], ...]:
    return run_query(corpus.catalog, "SELECT recording_id, speaker, text FROM v_current").rows


@pytest.mark.parametrize("form", FORMS)
def test_neither_a_forgotten_recording_nor_a_forgotten_part_comes_back(
    corpus: Corpus, tmp_path: Path, form: str
) -> None:
    zelda_and_others(corpus, tmp_path)
    export(corpus.catalog, request_of(form, tmp_path / "out"))
    with corpus.catalog.reading() as session:
        doomed = of_speaker(session, "zelda")
    assert doomed == Doomed((1,), (3,))
    forget(corpus.catalog, doomed)
    for _ in range(2):
        outcome = import_texts(corpus.catalog, form, tmp_path / "out", tmp_path)
        assert (outcome.versions, outcome.segments, outcome.new_recordings) == (0, 0, 0)
        assert run_query(corpus.catalog, FAILURES).rows == (("forgotten",),)
        assert left(corpus) == ((2, "bob", "bobs"),)


def test_audio_inside_an_archive_is_not_even_unpacked(corpus: Corpus, tmp_path: Path) -> None:
    zelda_and_others(corpus, tmp_path)
    export(corpus.catalog, request_of("nemo", tmp_path / "out", variant="tarred"))
    with corpus.catalog.reading() as session:
        forget(corpus.catalog, of_speaker(session, "zelda"))
    outcome = import_texts(corpus.catalog, "nemo", tmp_path / "out", tmp_path / "in")
    assert (outcome.new_recordings, len(outcome.failures)) == (0, 3)
    assert not (tmp_path / "in").exists()


def test_clips_of_it_are_not_ingested(corpus: Corpus, tmp_path: Path) -> None:
    zelda_and_others(corpus, tmp_path)
    export(corpus.catalog, request_of("hf", tmp_path / "out"))
    with corpus.catalog.reading() as session:
        forget(corpus.catalog, of_speaker(session, "zelda"))
    clips = sorted(str(path) for path in (tmp_path / "out").rglob("*.*") if path.suffix in (".wav", ".flac"))
    assert len(clips) == 4
    (kept,) = ingest_files(corpus.catalog, clips, "default")
    assert (
        run_query(corpus.catalog, f"SELECT uri FROM v_recordings WHERE recording_id = {kept}")
        .rows[0][0]
        .endswith("00002500-00003500.wav")
    )
    assert run_query(corpus.catalog, FAILURES).rows == (("forgotten",),)
