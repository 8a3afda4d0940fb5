"""`asrlab label` as a real process: what is done, what is refused, what a second run does."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.acceptance.conftest import Asrlab
from tests.factories import tone, write_tone

FAKE = ("--engine", "fake", "--aligner", "fake", "--no-vad")
# All that a second run, a kill or another process must not change.
CONTENTS = (
    "SELECT uri, start_s, end_s, text, version, origin, language, confidence, flags FROM v_current "
    "ORDER BY uri, start_s"
)
WORDS = (
    "SELECT r.uri, w.position, w.word, w.start_s, w.end_s FROM v_words w "
    "JOIN v_recordings r ON r.recording_id = w.recording_id ORDER BY r.uri, w.start_s, w.position"
)


def write_broken_files(folder: Path) -> dict[str, str]:
    """Eight files that can't be labeled, each in its own way; returns the reason each is to be given."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "whole.wav"
    soundfile.write(whole, tone(0.5), 16_000)
    data = whole.read_bytes()
    (folder / "cut.wav").write_bytes(data[: len(data) // 2])
    soundfile.write(folder / "whole.flac", tone(0.5), 16_000)
    flac = (folder / "whole.flac").read_bytes()
    (folder / "cut.flac").write_bytes(flac[: len(flac) // 2])
    whole.unlink()
    (folder / "whole.flac").unlink()
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "no_samples.wav", tone(0), 16_000)
    nan = tone(0.5)
    nan[100] = float("nan")
    soundfile.write(folder / "nan.wav", nan, 16_000, subtype="FLOAT")
    (folder / "text.wav").write_text("this is no audio\n" * 20)
    (folder / "noise.mp3").write_bytes(bytes(range(1, 256)) * 20)
    (folder / "picture.m4a").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    return {
        "cut.wav": "truncated",
        "cut.flac": "truncated",
        "empty.wav": "empty_file",
        "no_samples.wav": "no_samples",
        "nan.wav": "not_finite",
        "text.wav": "not_audio",
        "noise.mp3": "not_audio",
        "picture.m4a": "not_audio",
    }


def write_good_files(folder: Path, count: int) -> None:
    for index in range(count):
        write_tone(folder / f"tone{index:03}.wav", 0.4, 200 + index)


def test_a_hundred_good_files_are_labeled_and_eight_broken_ones_named(asrlab: Asrlab) -> None:
    audio = asrlab.folder / "audio"
    write_good_files(audio, 100)
    reasons = write_broken_files(audio / "broken")
    asrlab.run("label", "audio", "--inline", *FAKE, code=3)
    assert asrlab.query("SELECT COUNT(DISTINCT uri) AS files, COUNT(*) AS texts FROM v_current") == [
        {"files": 100, "texts": 100}
    ]
    failures = asrlab.json("failures", "--json")
    assert {Path(failure["uri"]).name for failure in failures} == set(reasons)
    for failure in failures:
        assert failure["reason"] == reasons[Path(failure["uri"]).name], failure
        assert failure["stage"] == "ingest"
        assert failure["attempts"] == 1
        assert failure["message"]

    before = asrlab.query(CONTENTS), asrlab.query(WORDS), failures
    out = asrlab.run("label", "audio", "--inline", *FAKE, code=3)
    assert "nothing to do" in out
    assert (asrlab.query(CONTENTS), asrlab.query(WORDS), asrlab.json("failures", "--json")) == before
    assert len(asrlab.query("SELECT * FROM v_runs")) == 2


def test_nothing_to_do_is_said_at_once_and_without_prefect(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 3)
    asrlab.run("label", "audio", "--inline", *FAKE)
    began = time.monotonic()
    # A server that can't start would be an error: none is started.
    out = asrlab.run("label", "audio", *FAKE, ASRLAB_SERVER_DIR="/proc/nowhere")
    assert "nothing to do" in out
    # Said within 5 s where nothing else runs; starting a server alone would take longer than this.
    assert time.monotonic() - began < 15


def test_a_mended_file_is_labeled_by_the_next_run(asrlab: Asrlab) -> None:
    audio = asrlab.folder / "audio"
    write_broken_files(audio)
    asrlab.run("label", "audio", "--inline", *FAKE, code=3)
    for path in audio.iterdir():
        path.unlink()
    write_tone(audio / "cut.wav", 0.5)
    asrlab.run("label", "audio", "--inline", *FAKE)
    assert len(asrlab.query(CONTENTS)) == 1


def test_a_broken_file_that_was_removed_is_no_failure_any_more(asrlab: Asrlab) -> None:
    audio = asrlab.folder / "audio"
    write_good_files(audio, 1)
    write_broken_files(audio / "broken")
    (asrlab.folder / "notes.txt").write_text("this is no audio\n" * 20)
    (audio / "notes.txt").write_text("this is no audio\n" * 20)
    label_inline(asrlab, "audio", "notes.txt", "audio/notes.txt", code=3)
    (audio / "broken" / "nan.wav").unlink()
    (asrlab.folder / "notes.txt").unlink()
    label_inline(asrlab, "audio", code=3)
    left = {failure["uri"] for failure in asrlab.json("failures", "--json")}
    # What lies elsewhere, or was named itself, was not looked for.
    assert {str(asrlab.folder / "notes.txt"), str(audio / "notes.txt")} <= left
    assert len(left) == 9
    assert str(audio / "broken" / "nan.wav") not in left


def test_a_file_that_changed_is_labeled_anew_and_its_old_text_does_not_count(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5, 300)
    asrlab.run("label", path, "--inline", *FAKE)
    (old,) = asrlab.query(CONTENTS)
    write_tone(path, 0.7, 400)
    asrlab.run("label", path, "--inline", *FAKE)
    (new,) = asrlab.query(CONTENTS)
    assert new["text"] != old["text"]
    assert new["end_s"] == 0.7


def test_audio_that_changed_after_ingest_is_not_labeled_as_the_old(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5, 300)
    asrlab.run("ingest", path)
    write_tone(path, 0.7, 400)
    asrlab.run("segment", "--no-vad", code=3)
    (failure,) = asrlab.json("failures", "--json")
    assert (failure["stage"], failure["reason"]) == ("segment", "changed")


def label_inline(asrlab: Asrlab, *arguments: str | Path, code: int = 0) -> str:
    return asrlab.run("label", *arguments, "--inline", *FAKE, code=code)


def test_a_file_that_was_moved_is_labeled_already_and_followed(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5)
    label_inline(asrlab, "a.wav")
    path.rename(asrlab.folder / "b.wav")
    label_inline(asrlab, "b.wav")
    assert asrlab.query("SELECT uri, num_files FROM v_recordings") == [
        {"uri": str(asrlab.folder / "b.wav"), "num_files": 1}
    ]
    asrlab.run("export", "nemo", "--out", "m")
    asrlab.run("transcribe", "--engine", "fake", "--context", "other")
    assert {row["version"] for row in asrlab.query(CONTENTS)} == {2}


def test_a_copy_that_was_deleted_stops_nothing(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5)
    (asrlab.folder / "copy.wav").write_bytes(path.read_bytes())
    label_inline(asrlab, "a.wav", "copy.wav")
    path.unlink()
    # Even before any command looks at the files again.
    asrlab.run("export", "nemo", "--out", "m")
    assert "copy.wav" in (asrlab.folder / "m" / "manifest.jsonl").read_text()
    assert "nothing to do" in label_inline(asrlab, "copy.wav")
    assert [Path(row["uri"]).name for row in asrlab.query(CONTENTS)] == ["copy.wav"]


def test_audio_that_changed_after_ingest_is_no_failure_once_it_is_ingested_again(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5, 300)
    asrlab.run("ingest", path)
    write_tone(path, 0.7, 400)
    asrlab.run("segment", "--no-vad", code=3)
    label_inline(asrlab, path)
    assert asrlab.json("failures", "--json") == []
    asrlab.run("segment", "--no-vad")
    assert [row["end_s"] for row in asrlab.query(CONTENTS)] == [0.7]


@pytest.mark.parametrize("again", ["label", "stages"])
def test_audio_that_was_away_for_a_while_is_labeled_when_it_is_back(asrlab: Asrlab, again: str) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5)
    asrlab.run("ingest", path)
    path.rename(asrlab.folder / "away")
    asrlab.run("segment", "--no-vad", code=3)
    (failure,) = asrlab.json("failures", "--json")
    assert (failure["stage"], failure["reason"]) == ("segment", "vanished")
    asrlab.run("segment", "--no-vad", code=3)
    (asrlab.folder / "away").rename(path)
    if again == "label":
        label_inline(asrlab, path)
    else:
        asrlab.run("segment", "--no-vad")
        asrlab.run("transcribe", "--engine", "fake")
    assert asrlab.json("failures", "--json") == []
    assert len(asrlab.query(CONTENTS)) == 1


def test_what_was_too_long_is_no_failure_once_it_is_cut_shorter(asrlab: Asrlab) -> None:
    write_tone(asrlab.folder / "a.wav", 31.0)
    asrlab.run("ingest", "a.wav")
    asrlab.run("segment", "--no-vad", "--max-segment", "32")
    asrlab.run("transcribe", code=3)
    (failure,) = asrlab.json("failures", "--json")
    assert failure["reason"] == "too_long"
    asrlab.run("segment", "--no-vad", "--max-segment", "20")
    asrlab.run("transcribe", "--engine", "fake")
    assert asrlab.json("failures", "--json") == []
    assert asrlab.json("status", "--json")["failures"] == 0


def test_another_engines_failure_is_none_of_this_calls(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 12)
    asrlab.run("label", "audio", "--inline", *FAKE, code=3, ASRLAB_FAKE_RAISE_ON="alpha")
    failures = len(asrlab.json("failures", "--json"))
    asrlab.run("label", "audio", "--inline", *FAKE, "--context", "other")
    assert len(asrlab.query(CONTENTS)) == 12
    # They still stand there, and the call that made them still says so.
    assert len(asrlab.json("failures", "--json")) == failures > 0
    label_inline(asrlab, "audio", code=3)


def test_a_known_file_that_was_out_of_reach_is_no_failure_once_it_is_back(asrlab: Asrlab) -> None:
    disk = asrlab.folder / "disk"
    write_tone(disk / "a.wav")
    (asrlab.folder / "audio").mkdir()
    (asrlab.folder / "audio" / "a.wav").symlink_to(disk / "a.wav")
    label_inline(asrlab, "audio")
    disk.rename(asrlab.folder / "unmounted")
    label_inline(asrlab, "audio", code=3)
    (asrlab.folder / "unmounted").rename(disk)
    assert "nothing to do" in label_inline(asrlab, "audio")
    assert asrlab.json("failures", "--json") == []


def test_a_call_that_labels_nothing_claims_no_speed(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 2)
    assert "x real time" in label_inline(asrlab, "audio")
    (asrlab.folder / "audio").rename(asrlab.folder / "moved")
    assert "x real time" not in label_inline(asrlab, "moved")


def test_a_place_names_what_lies_there_now(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5, 300)
    label_inline(asrlab, "a.wav")
    write_tone(path, 0.7, 400)
    label_inline(asrlab, "a.wav")
    assert "0.70 s" in asrlab.run("show", "a.wav")
    # What is nowhere any more is not left to do.
    assert asrlab.json("status", "--json")["recordings"] == 1


def test_a_stage_that_tried_and_failed_does_not_say_nothing_to_do(asrlab: Asrlab) -> None:
    path = write_tone(asrlab.folder / "a.wav", 0.5)
    asrlab.run("ingest", path)
    path.unlink()
    assert "recordings cut: 0" in asrlab.run("segment", "--no-vad", code=3)
    assert "nothing to do" in asrlab.run("segment", "--no-vad", code=3)


def test_a_corpus_is_kept_and_said_when_another_is_asked_for(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 2)
    label_inline(asrlab, "audio", "--corpus", "one")
    for arguments in (("label", "audio", "--inline", *FAKE), ("ingest", "audio")):
        asrlab.run(*arguments)
        assert "corpus" not in asrlab.errors
        asrlab.run(*arguments, "--corpus", "two")
        assert "2 of these recordings were ingested into the corpus 'one' before" in asrlab.errors
    (asrlab.folder / "copy.wav").write_bytes((asrlab.folder / "audio" / "tone000.wav").read_bytes())
    label_inline(asrlab, "copy.wav", "--corpus", "two")
    assert "1 of these recordings were ingested into the corpus 'one' before" in asrlab.errors
    assert asrlab.query("SELECT DISTINCT corpus FROM v_current") == [{"corpus": "one"}]
    asrlab.run("transcribe", "--engine", "fake", "--corpus", "one")
    asrlab.run("transcribe", "--engine", "fake", "--corpus", "two", code=1)


def test_the_same_bytes_in_two_places_are_labeled_once(asrlab: Asrlab) -> None:
    first = write_tone(asrlab.folder / "audio" / "a.wav")
    (asrlab.folder / "audio" / "b.wav").write_bytes(first.read_bytes())
    asrlab.run("label", "audio", "--inline", *FAKE)
    assert len(asrlab.query(CONTENTS)) == 1
    assert asrlab.query("SELECT num_files FROM v_recordings") == [{"num_files": 2}]


def test_one_segment_the_engine_cant_bear_does_not_stop_the_others(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 12)
    asrlab.run("label", "audio", "--inline", *FAKE, code=3, ASRLAB_FAKE_RAISE_ON="alpha")
    failures = asrlab.json("failures", "--json")
    texts = asrlab.query(CONTENTS)
    assert 0 < len(failures) < 12
    assert len(failures) + len(texts) == 12
    assert {failure["reason"] for failure in failures} == {"engine_error"}
    assert all("can't bear alpha" in failure["message"] for failure in failures)
    assert all("alpha" not in row["text"].split() for row in texts)
    # They stay failures until somebody says otherwise.
    assert "nothing to do" in asrlab.run("label", "audio", "--inline", *FAKE, code=3)
    asrlab.run("retry", "--reason", "engine_eror", code=2)
    assert "'engine_error'" in asrlab.errors
    asrlab.run("retry", "--reason", "engine_error")
    asrlab.run("label", "audio", "--inline", *FAKE)
    assert len(asrlab.query(CONTENTS)) == 12


def test_the_stages_by_hand_give_what_label_gives(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 4)
    asrlab.run("ingest", "audio", "--catalog", "by_hand.db")
    asrlab.run("segment", "--no-vad", "--catalog", "by_hand.db")
    asrlab.run("transcribe", "--engine", "fake", "--catalog", "by_hand.db")
    asrlab.run("align", "--aligner", "fake", "--catalog", "by_hand.db")
    asrlab.run("label", "audio", "--inline", *FAKE)
    for statement in (CONTENTS, WORDS):
        by_hand = asrlab.json("sql", statement, "--format", "json", "--catalog", "by_hand.db")
        assert by_hand == asrlab.query(statement)
    assert "nothing to do" in asrlab.run("align", "--aligner", "fake", "--catalog", "by_hand.db")


def test_a_second_engine_writes_a_second_version(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 2)
    asrlab.run("label", "audio", "--inline", *FAKE)
    asrlab.run("transcribe", "--engine", "fake", "--context", "other")
    assert asrlab.query(
        "SELECT version, COUNT(*) AS n FROM v_transcripts GROUP BY version ORDER BY version"
    ) == [
        {"version": 1, "n": 2},
        {"version": 2, "n": 2},
    ]
    assert {row["version"] for row in asrlab.query(CONTENTS)} == {2}


def test_each_channel_has_its_own_segments_when_asked_for(asrlab: Asrlab) -> None:
    left, right = tone(0.5, 300), tone(0.5, 500)
    soundfile.write(asrlab.folder / "left.wav", left, 16_000)
    soundfile.write(asrlab.folder / "right.wav", right, 16_000)
    soundfile.write(asrlab.folder / "both.wav", np.stack([left, right], axis=1), 16_000)
    label_inline(asrlab, "left.wav", "right.wav", "--channels", "split")
    alone = {Path(row["uri"]).stem: row["text"] for row in asrlab.query(CONTENTS)}
    label_inline(asrlab, "both.wav", "--channels", "split")
    both = asrlab.query("SELECT channel, text FROM v_current WHERE uri LIKE '%both.wav' ORDER BY channel")
    assert both == [{"channel": 0, "text": alone["left"]}, {"channel": 1, "text": alone["right"]}]
    assert "channel 1" in asrlab.run("show", "both.wav")
    # The mix is another segmentation; the split one comes back without any work.
    label_inline(asrlab, "both.wav")
    mixed = "SELECT channel FROM v_current WHERE uri LIKE '%both.wav'"
    assert asrlab.query(mixed) == [{"channel": None}]
    label_inline(asrlab, "both.wav", "--channels", "split")
    assert len(asrlab.query(mixed)) == 2
    assert len(asrlab.query("SELECT 1 FROM v_transcripts WHERE uri LIKE '%both.wav'")) == 3


def test_limit_takes_the_first_files(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 5)
    asrlab.run("label", "audio", "--inline", "--limit", "2", *FAKE)
    assert [Path(row["uri"]).name for row in asrlab.query(CONTENTS)] == ["tone000.wav", "tone001.wav"]


def test_a_broken_folder_entry_is_reported_and_the_rest_labeled(asrlab: Asrlab) -> None:
    audio = asrlab.folder / "audio"
    write_good_files(audio, 1)
    (audio / "dangling.wav").symlink_to("nowhere.wav")
    os.mkfifo(audio / "pipe.wav")
    asrlab.run("label", "audio", "--inline", *FAKE, code=3)
    assert len(asrlab.query(CONTENTS)) == 1
    assert {Path(failure["uri"]).name for failure in asrlab.json("failures", "--json")} == {
        "dangling.wav",
        "pipe.wav",
    }


@pytest.mark.parametrize("parts", [("label",), ("label", "x.wav", "--max-segment", "soon"), ("nonsense",)])
def test_wrong_usage_is_exit_code_2(asrlab: Asrlab, parts: tuple[str, ...]) -> None:
    asrlab.run(*parts, code=2)
    assert "Error:" in asrlab.errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("label", "nowhere"), "no such file or folder: nowhere"),
        (("label", "*.flac"), "matches nothing"),
        (("label", "empty_folder"), "no audio in empty_folder"),
        (("label", "a.wav", "--engine", "wisper"), "did you mean 'whisper'?"),
        (("label", "a.wav", "--aligner", "nobody"), "no aligner 'nobody'"),
        (("label", "a.wav", "--model", "./nowhere"), "nowhere"),
        (("label", "a.wav", "--model", "empty_folder"), "config.json"),
        (("label", "a.wav", "--max-segment", "40"), "reads at once"),
        (("sql", "SELEC 1"), "does not run"),
        (("sql", "DELETE FROM recordings"), "only reads"),
        (("export", "nemo", "--out", "m"), "nothing to export"),
        (("show", "nothing.wav"), "no recording is called"),
        (("status", "--catalog", "/nowhere/x.db"), "does not exist"),
        (("status", "--catalog", "mysql://x/y"), "no catalog URL"),
        (("transcribe", "--corpus", "nobody"), "holds no recordings"),
        (("label", "a.wav", "--language", "klingon", "--inline"), "klingon"),
        (("label", "@a.wav"), "no such file or folder: @a.wav"),
        (("label", "\udcff.wav"), "no such file or folder: \\udcff.wav"),
        (("label", "a.wav", "--context", "\udcff"), "--context is no valid UTF-8"),
        (("show", "\udcff"), "RECORDING is no valid UTF-8"),
        (("sql", "SELECT '\udcff'"), "no valid UTF-8"),
        (("export", "nemo", "--out", "m", "--where", "text = '\udcff'"), "no valid UTF-8"),
        (("status", "--catalog", "\udcff.db"), "no valid UTF-8"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_1(
    asrlab: Asrlab, arguments: tuple[str, ...], said: str
) -> None:
    write_tone(asrlab.folder / "a.wav")
    (asrlab.folder / "empty_folder").mkdir()
    asrlab.run(*arguments, code=1)
    lines = asrlab.errors.strip().splitlines()
    assert len(lines) == 1, lines
    assert said in lines[0]


def test_a_wrong_setting_is_named(asrlab: Asrlab) -> None:
    (asrlab.folder / "asrlab.toml").write_text("catalogue = 'x.db'\n")
    asrlab.run("status", code=1)
    assert "catalogue" in asrlab.errors
    (asrlab.folder / "asrlab.toml").write_text("catalog = \n")
    asrlab.run("status", code=1)
    assert "TOML" in asrlab.errors


def test_the_catalog_is_the_options_then_the_environments_then_the_files(asrlab: Asrlab) -> None:
    (asrlab.folder / "asrlab.toml").write_text("catalog = 'sqlite:///file.db'\n")
    assert "file.db" in asrlab.run("init")
    assert "env.db" in asrlab.run("init", ASRLAB_CATALOG="sqlite:///env.db")
    assert "option.db" in asrlab.run("init", "--catalog", "option.db", ASRLAB_CATALOG="sqlite:///env.db")
    assert "before.db" in asrlab.run("--catalog", "before.db", "init")
    assert (asrlab.folder / "file.db").exists()


def test_init_makes_the_catalog_and_nothing_else(asrlab: Asrlab) -> None:
    asrlab.run("init")
    asrlab.run("init")
    assert {path.name.split("-")[0] for path in asrlab.folder.iterdir()} == {"asrlab.db"}
    assert asrlab.json("status", "--json")["recordings"] == 0


def test_the_first_command_makes_the_catalog(asrlab: Asrlab, empty_database_url: str) -> None:
    asrlab.environment["ASRLAB_CATALOG"] = empty_database_url
    assert asrlab.json("status", "--json")["recordings"] == 0
    asrlab.run("init")
