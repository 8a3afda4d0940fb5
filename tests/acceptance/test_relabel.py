"""`asrlab relabel`: a new version by another checkpoint, of what is missing alone, with segments as they are."""

import pytest

from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "fake")
NEWER = (*FAKE, "--model", "newer", "--revision", "1")
VERSIONS = "SELECT uri, version, checkpoint FROM v_transcripts ORDER BY uri, version"


@pytest.fixture
def labeled(asrlab: Asrlab) -> Asrlab:
    for index in range(3):
        write_tone(asrlab.folder / f"audio/{index}.wav", 2.0 + index, 200 + 7 * index)
    asrlab.run("label", "audio", "--inline", "--no-vad", "--max-segment", "2", *FAKE)
    return asrlab


def segments(place: Asrlab) -> list[int]:
    return [row["segment_id"] for row in place.query("SELECT segment_id FROM v_segments ORDER BY segment_id")]


@pytest.mark.parametrize("how", [("--inline",), ()], ids=["inline", "flow"])
def test_every_text_gets_a_newer_version_and_only_once(labeled: Asrlab, how: tuple[str, ...]) -> None:
    before = segments(labeled)
    assert f"segments relabeled: {len(before)}" in labeled.run("relabel", *NEWER, *how)
    assert segments(labeled) == before
    current = labeled.query("SELECT version, checkpoint FROM v_current")
    assert {(row["version"], row["checkpoint"]) for row in current} == {(2, "newer")}
    assert len(labeled.query(VERSIONS)) == 2 * len(before)
    assert len(labeled.query("SELECT DISTINCT transcript_id FROM v_words")) == 2 * len(before)
    assert "nothing to do" in labeled.run("relabel", *NEWER, *how)


def test_a_condition_chooses_what_is_relabeled(labeled: Asrlab) -> None:
    labeled.run("relabel", *NEWER, "--inline", "--where", "uri LIKE '%/1.wav'")
    newer = [row["uri"] for row in labeled.query(VERSIONS) if row["checkpoint"] == "newer"]
    assert newer
    assert all(uri.endswith("/1.wav") for uri in newer)
    labeled.run("relabel", *NEWER, "--inline", "--where", "no_column = 1", code=1)
    assert "no_column" in labeled.errors
    labeled.run("relabel", *NEWER, "--inline", "--corpus", "nothing", code=1)
    assert "holds no recordings" in labeled.errors


def test_the_urgent_corpus_is_first(asrlab: Asrlab) -> None:
    heard = asrlab.folder / "heard.txt"
    for index in range(6):
        corpus = "urgent" if index % 2 else "later"
        write_tone(asrlab.folder / f"{corpus}/{index}.wav", 2.0, 200 + 7 * index)
    asrlab.run("ingest", "later", "--corpus", "later")
    asrlab.run("ingest", "urgent", "--corpus", "urgent")
    asrlab.run("corpus", "priority", "urgent", "10")
    listed = asrlab.json("corpus", "list", "--json")
    assert [(corpus["name"], corpus["priority"]) for corpus in listed] == [("urgent", 10), ("later", 0)]
    asrlab.run("segment", "--no-vad")
    asrlab.run("transcribe", "--engine", "fake", ASRLAB_GROUP_SECONDS="2", ASRLAB_FAKE_LOG=str(heard))
    texts = {row["text"]: row["corpus"] for row in asrlab.query("SELECT text, corpus FROM v_current")}
    order = [texts[line.removeprefix("transcribe ")] for line in heard.read_text().splitlines()]
    assert order == ["urgent"] * 3 + ["later"] * 3
