"""Files that other people's writers made: what they say comes into a catalog that knew nothing."""

import gzip
import json
from pathlib import Path

import datasets
import pandas as pd
import parselmouth
import pyarrow as pa
import pysubs2
import pytest
from lhotse import CutSet, MonoCut, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse import Recording as LhotseRecording
from lhotse.supervision import AlignmentItem
from parselmouth.praat import call
from pyarrow import parquet

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.domain.imported import ImportedText, KnownRecording, KnownSegment, KnownText
from asrlab.domain.reference import Reference
from asrlab.errors import UserError
from asrlab.ingest.importing import ImportOutcome, import_texts
from asrlab.ingest.matching import plan_import
from tests.unit.ingest.imports.conftest import NewCatalog
from tests.unit.ingest.imports.test_round_trip import write_noise

TEXTS = "SELECT start_s, end_s, text, speaker, language, origin FROM v_current ORDER BY start_s"
FAILURES = "SELECT item, reason, message FROM v_failures ORDER BY item"


def texts(catalog: Catalog) -> list[tuple[object, ...]]:
    return list(run_query(catalog, TEXTS).rows)


def brought(catalog: Catalog, form: str, path: Path, audio: Path | None = None) -> ImportOutcome:
    outcome = import_texts(catalog, form, path, audio)
    assert not outcome.failures, run_query(catalog, FAILURES).rows
    return outcome


def test_lhotses_own_manifests_with_words(new_catalog: NewCatalog, tmp_path: Path) -> None:
    audio = write_noise(tmp_path / "talk.wav", 6.0, 1)
    recording = LhotseRecording.from_file(audio)
    supervision = SupervisionSegment(
        "utt-1", recording.id, 1.0, 2.5, 0, "good morning", "en", "anna", custom={"mood": "calm"}
    ).with_alignment("word", [AlignmentItem("good", 1.0, 0.5, 0.9), AlignmentItem("morning", 1.6, 1.0)])
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "recordings.jsonl.gz")
    SupervisionSet.from_segments([supervision]).to_file(tmp_path / "supervisions.jsonl.gz")
    catalog = new_catalog()
    brought(catalog, "lhotse", tmp_path)
    assert texts(catalog) == [(1.0, 3.5, "good morning", "anna", "en", "import")]
    assert run_query(catalog, "SELECT word, start_s, end_s, score FROM v_words").rows == (
        ("good", 1.0, 1.5, 0.9),
        ("morning", 1.6, 2.6, None),
    )
    cut = MonoCut("cut", 0.5, 4.0, 0, [supervision.with_offset(-0.5)], recording=recording)
    CutSet.from_cuts([cut]).to_file(tmp_path / "cuts.jsonl.gz")
    assert brought(catalog, "lhotse", tmp_path / "cuts.jsonl.gz").versions == 0


def test_parquet_that_datasets_wrote_with_the_audio_inside(new_catalog: NewCatalog, tmp_path: Path) -> None:
    clips = [write_noise(tmp_path / "clips" / f"{number}.wav", 1.0 + number, number) for number in range(3)]
    rows = {
        "audio": [{"path": clip.name, "bytes": clip.read_bytes()} for clip in clips],
        "text": [f"sentence  {number}" for number in range(3)],
        "speaker_id": ["a", "b", None],
    }
    data = datasets.Dataset.from_dict(rows).cast_column("audio", datasets.Audio(decode=False))
    data.to_parquet(tmp_path / "train-00000-of-00001.parquet")
    catalog = new_catalog()
    assert (
        brought(catalog, "hf", tmp_path / "train-00000-of-00001.parquet", tmp_path / "in").new_recordings == 3
    )
    assert [(row[1], row[2], row[3]) for row in texts(catalog)] == [
        (1.0, "sentence  0", "a"),
        (2.0, "sentence  1", "b"),
        (3.0, "sentence  2", None),
    ]


@pytest.mark.parametrize("command", ["Save as text file", "Save as short text file"])
def test_a_textgrid_that_praat_saved(new_catalog: NewCatalog, tmp_path: Path, command: str) -> None:
    write_noise(tmp_path / "talk.wav", 4.0, 1)
    grid = parselmouth.TextGrid(0.0, 4.0, ["anna", "anna - words"], [])
    for tier, number, border, said in (
        (1, 1, 0.5, ""),
        (1, 2, 2.0, 'he said "yes"'),
        (2, 1, 0.5, ""),
        (2, 2, 1.0, "he"),
        (2, 3, 1.5, "said"),
        (2, 4, 2.0, '"yes"'),
    ):
        call(grid, "Insert boundary", tier, border)
        call(grid, "Set interval text", tier, number, said)
    call(grid, command, str(tmp_path / "talk.TextGrid"))
    catalog = new_catalog()
    brought(catalog, "textgrid", tmp_path)
    assert texts(catalog) == [(0.5, 2.0, 'he said "yes"', "anna", None, "import")]
    assert [row[0] for row in run_query(catalog, "SELECT word FROM v_words ORDER BY position").rows] == [
        "he",
        "said",
        '"yes"',
    ]


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_that_pysubs2_wrote(new_catalog: NewCatalog, tmp_path: Path, form: str) -> None:
    write_noise(tmp_path / "film.wav", 10.0, 1)
    subtitles = pysubs2.SSAFile()
    subtitles.append(pysubs2.SSAEvent(500, 2_000, r"{\i1}Good morning,{\i0}\Nsaid Anna"))
    subtitles.append(pysubs2.SSAEvent(3_000, 4_250, "1984"))
    subtitles.save(str(tmp_path / f"film.{form}"))
    catalog = new_catalog()
    brought(catalog, form, tmp_path)
    assert [row[:3] for row in texts(catalog)] == [
        (0.5, 2.0, "Good morning, said Anna"),
        (3.0, 4.25, "1984"),
    ]


def test_a_spreadsheets_csv_and_a_nemo_manifest_with_bad_lines(
    new_catalog: NewCatalog, tmp_path: Path
) -> None:
    write_noise(tmp_path / "a.wav", 3.0, 1)
    frame = pd.DataFrame(
        {"path": ["a.wav", "gone.wav", "a.wav"], "start": [0, 0, 2.5], "end": [2, 1, 9], "sentence": "xyz"}
    )
    frame.to_csv(tmp_path / "list.csv", index=False)
    catalog = new_catalog()
    outcome = import_texts(catalog, "csv", tmp_path / "list.csv")
    assert (outcome.texts, outcome.versions, len(outcome.failures)) == (3, 1, 2)
    reasons = {str(row[0]).rpartition(":")[2]: (row[1], row[2]) for row in run_query(catalog, FAILURES).rows}
    assert reasons["3"][0] == "vanished"
    assert "gone.wav" in reasons["3"][1]
    assert reasons["4"][0] == "bad_reference"
    assert "does not lie in the audio's 3 s" in reasons["4"][1]
    (tmp_path / "list.csv").write_text("path,sentence,start,end\na.wav,x,0,2\n", encoding="utf-8")
    again = import_texts(catalog, "csv", tmp_path / "list.csv")
    assert (again.versions, again.failures) == (1, {})
    assert run_query(catalog, FAILURES).rows == ()

    lines = [
        json.dumps({"audio_filepath": "a.wav", "offset": 0.0, "duration": 2.004, "text": "a  new\ttext"}),
        "{no json",
        json.dumps({"audio_filepath": "a.wav", "offset": 2.0, "duration": 0.9, "text": ["b"]}),
        json.dumps({"audio_filepath": "a.wav", "offset": 2.0, "duration": 0.9, "text": "b", "channel": 3}),
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    outcome = import_texts(catalog, "nemo", tmp_path / "m.jsonl")
    assert (outcome.versions, outcome.segments, len(outcome.failures)) == (1, 0, 3)
    assert texts(catalog)[0][:3] == (0.0, 2.0, "a  new\ttext")
    versions = run_query(catalog, "SELECT version, text FROM v_transcripts ORDER BY version").rows
    assert versions == ((1, "xyz"), (2, "x"), (3, "a  new\ttext"))


def test_a_finer_cut_does_not_come_in_beside_a_persons_text() -> None:
    person = KnownSegment(
        7, None, 1_000, 5_000, speaker="anna", current=KnownText(1, "mine", None), is_of_a_person=True
    )
    known = KnownRecording(1, "0" * 64, 9_000, 1, 3, (person,))
    pieces = [ImportedText(Reference("m", f"m:{n}", n, n + 1.0, f"piece {n}")) for n in range(1, 6)]
    plan = plan_import(known, pieces)
    assert [each.text.text for each in plan.placements] == ["piece 5"]
    assert len(plan.refused) == 4
    another = ImportedText(Reference("m", "m:9", 2.0, 3.0, "aha", speaker="bob"))
    assert [each.segment for each in plan_import(known, [another]).placements] == [None]


def test_a_text_of_all_channels_is_none_of_one_channels() -> None:
    left = KnownSegment(7, 0, 500, 2_500, current=KnownText(1, "left side", None))
    known = KnownRecording(1, "0" * 64, 9_000, 2, 3, (left,))
    reference = Reference("m", "m:1", 0.5, 2.5, "both")
    (placed,) = plan_import(known, [ImportedText(reference, is_of_all=True)]).placements
    assert (placed.segment, placed.channel) == (None, None)
    assert plan_import(known, [ImportedText(reference)]).placements[0].segment == left


def test_numbers_beyond_all_audio_are_their_lines_failures(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    good = {"audio_filepath": "a.wav", "offset": 0.0, "duration": 1.0, "text": "good"}
    bad = [
        {**good, "offset": int("1" + "0" * 400)},
        {**good, "offset": 1e300},
        {**good, "channel": int("1" + "0" * 400)},
        {**good, "offset": 1.0, "words": [{"word": "good", "start": 1.0, "end": 1e308}]},
    ]
    lines = [json.dumps(line) for line in (*bad, good)]
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    catalog = new_catalog()
    outcome = import_texts(catalog, "nemo", tmp_path / "m.jsonl")
    assert (outcome.versions, len(outcome.failures)) == (1, len(bad))
    supervision = {"id": "s", "recording_id": "a", "start": 0, "duration": 1, "channel": 0, "text": "x"}
    (tmp_path / "supervisions.jsonl").write_text(
        f"{json.dumps({**supervision, 'start': float('inf')})}\n{json.dumps({**supervision, 'start': 2.0})}",
        encoding="utf-8",
    )
    source = {"type": "file", "channels": [0], "source": "a.wav"}
    recording = {
        "id": "a",
        "sources": [source],
        "sampling_rate": 16000,
        "num_samples": 64000,
        "duration": 4.0,
    }
    (tmp_path / "recordings.jsonl").write_text(json.dumps(recording), encoding="utf-8")
    outcome = import_texts(catalog, "lhotse", tmp_path / "supervisions.jsonl")
    assert (outcome.versions, len(outcome.failures)) == (1, 1)


def test_audio_inside_needs_no_name_of_its_own(new_catalog: NewCatalog, tmp_path: Path) -> None:
    clips = [write_noise(tmp_path / f"{number}.wav", 1.0, number).read_bytes() for number in range(4)]
    names = [None, None, "a/001.wav", "b/001.wav"]
    rows = [
        {"audio": {"bytes": clip, "path": name}, "text": f"text {number}"}
        for number, (clip, name) in enumerate(zip(clips, names, strict=True))
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "data.parquet")
    catalog = new_catalog()
    for versions in (4, 0):
        outcome = brought(catalog, "hf", tmp_path / "data.parquet", tmp_path / "in")
        assert (outcome.texts, outcome.versions) == (4, versions)
    assert sorted(str(row[2]) for row in texts(catalog)) == [f"text {number}" for number in range(4)]


def test_words_of_a_table_are_json_or_something_else(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    timed = json.dumps([{"word": "x", "start": 0.5, "end": 0.75}])
    frame = pd.DataFrame(
        {"path": "a.wav", "start": [0, 1, 2], "end": [1, 2, 3], "text": "x", "words": [timed, "1", "[]"]}
    )
    frame.to_csv(tmp_path / "list.csv", index=False)
    catalog = new_catalog()
    assert brought(catalog, "csv", tmp_path).versions == 3
    assert run_query(catalog, "SELECT word, start_s FROM v_words").rows == (("x", 0.5),)
    assert run_query(catalog, "SELECT name, value FROM v_metadata").rows == (("words", "1"),)


def test_a_bad_line_beside_the_utterances_is_named(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    (tmp_path / "utterances.csv").write_text("id,path,start,end,text\nu1,a.wav,0,1,x y\n", encoding="utf-8")
    (tmp_path / "words.csv").write_bytes(
        b"id,position,word,start,end\nu1,0,x,0.25,0.5\nu1,1,\xff,0.5,0.75\nu1,2,y,0.5,0.75,more\n"
    )
    (tmp_path / "recordings.csv").write_text("recording,content_hash\nr,00,more\n", encoding="utf-8")
    catalog = new_catalog()
    outcome = import_texts(catalog, "csv", tmp_path)
    assert (outcome.versions, len(outcome.failures)) == (1, 3)
    assert [str(row[2]).removeprefix(f"{tmp_path}/") for row in run_query(catalog, FAILURES).rows] == [
        "recordings.csv:2: more fields than the header has",
        "words.csv:3: no valid UTF-8",
        "words.csv:4: more fields than the header has",
    ]
    assert run_query(catalog, "SELECT word FROM v_words").rows == (("x",),)


def test_a_stopped_import_leaves_no_run_open(
    new_catalog: NewCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrlab.ingest.importing.TEXTS_AT_ONCE", 1)
    lines = []
    for number in range(2):
        write_noise(tmp_path / f"{number}.wav", 2.0, number)
        words = [{"word": "x", "start": 0.1, "end": 0.5}]
        lines.append(json.dumps({"audio_filepath": f"{number}.wav", "text": "x", "words": words}))
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    catalog = new_catalog()
    looks = iter([None, KeyboardInterrupt()])

    def stop() -> None:
        if (what := next(looks, None)) is not None:
            raise what

    monkeypatch.setattr("asrlab.ingest.importing.check_stop", stop)
    with pytest.raises(KeyboardInterrupt):
        import_texts(catalog, "nemo", tmp_path / "m.jsonl")
    runs = run_query(catalog, "SELECT finished_at IS NOT NULL, num_results FROM v_runs").rows
    assert [tuple(map(int, row)) for row in runs] == [(1, 1)]


def test_an_edited_subtitle_is_its_segments_next_version(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    catalog = new_catalog()
    for text in ("first", "second"):
        (tmp_path / "a.srt").write_text(f"1\n00:00:00,500 --> 00:00:02,000\n{text}\n", encoding="utf-8")
        brought(catalog, "srt", tmp_path)
    assert [row[:3] for row in texts(catalog)] == [(0.5, 2.0, "second")]
    assert run_query(catalog, "SELECT text FROM v_transcripts ORDER BY version").rows == (
        ("first",),
        ("second",),
    )


def test_segments_cut_otherwise_give_way_and_come_back(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    catalog = new_catalog()
    manifest = tmp_path / "m.jsonl"
    for offset, duration in ((0.5, 1.5), (0.5, 2.5), (0.5, 1.5)):
        line = {"audio_filepath": "a.wav", "offset": offset, "duration": duration, "text": f"{duration}"}
        manifest.write_text(json.dumps(line), encoding="utf-8")
        brought(catalog, "nemo", manifest)
        assert [row[:3] for row in texts(catalog)] == [(offset, offset + duration, f"{duration}")]


def test_what_a_person_wrote_gives_way_to_no_file() -> None:
    person = KnownSegment(7, None, 500, 2_000, current=KnownText(1, "mine", None), is_of_a_person=True)
    known = KnownRecording(1, "0" * 64, 4_000, 1, 3, (person,))
    cut_otherwise = ImportedText(Reference("m", "m:1", 0.5, 3.0, "theirs"))
    plan = plan_import(known, [cut_otherwise])
    assert (plan.placements, plan.superseded) == ([], {})
    assert "a person's text stands for 0.5–2 s" in plan.refused[0].why
    same_interval = ImportedText(Reference("m", "m:1", 0.5, 2.0, "theirs"))
    assert [each.segment for each in plan_import(known, [same_interval]).placements] == [person]


def test_a_file_that_was_cut_short_or_damaged_is_no_import(new_catalog: NewCatalog, tmp_path: Path) -> None:
    line = b'{"id": "a", "recording_id": "r", "start": 0, "duration": 1, "channel": 0, "text": "x"}'
    whole = gzip.compress(line * 200)
    for damaged in (whole[: len(whole) // 2], whole[:12] + bytes(20) + whole[32:]):
        path = tmp_path / "supervisions.jsonl.gz"
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"supervisions\.jsonl\.gz"):
            import_texts(new_catalog(), "lhotse", path)


def test_texts_of_one_import_do_not_push_each_other_out(new_catalog: NewCatalog, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 4.0, 1)
    for name, offset in (("anna", 1.0), ("bob", 1.5)):
        line = {"audio_filepath": "a.wav", "offset": offset, "duration": 2.0, "text": name}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line), encoding="utf-8")
    catalog = new_catalog()
    brought(catalog, "nemo", tmp_path)
    assert [row[2] for row in texts(catalog)] == ["anna", "bob"]
