"""Audio and texts from everywhere, through the command: buckets, servers, manifests, sidecars."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab, client_of
from tests.factories import write_tone

FAKE = ("--engine", "fake", "--aligner", "none", "--no-vad")
LABEL = ("label", "--inline", *FAKE)
CURRENT = "SELECT uri, text, origin, language FROM v_current ORDER BY uri, start_s"


def texts(place: Asrlab) -> list[tuple[str, str, str, str | None]]:
    return [tuple(row.values()) for row in place.query(CURRENT)]


def test_a_bucket_is_labeled_and_what_is_new_in_it_is_found(place: Asrlab, bucket: str, audio: Path) -> None:
    place.run(*LABEL, f"{bucket}/calls/")
    before = texts(place)
    assert [row[0] for row in texts(place)] == [
        f"{bucket}/calls/a.wav",
        f"{bucket}/calls/c d.wav",
        f"{bucket}/calls/deep/b.wav",
    ]
    assert "nothing to do: 3 recordings" in place.run(*LABEL, f"{bucket}/calls/**/*.wav")
    # The same bytes on this machine are the same recordings, with the same texts.
    place.run(*LABEL, audio)
    assert [row[1:] for row in texts(place)] == [row[1:] for row in before]
    client = client_of(place)
    write_tone(audio / "new.wav", 1.0, 500)
    client.upload_file(str(audio / "new.wav"), "speech", "calls/new.wav")
    client.upload_file(str(audio / "new.wav"), "speech", "calls/a.wav")
    assert "2 new files read: 1 recordings; 2 were known" in place.run("ingest", f"{bucket}/calls/")


def test_a_bucket_is_read_again_when_the_copy_is_gone_and_missed_when_it_is_gone_too(
    place: Asrlab, bucket: str
) -> None:
    place.run("ingest", f"{bucket}/calls/a.wav")
    shutil.rmtree(place.folder / "cache")
    place.run("segment", "--no-vad")
    shutil.rmtree(place.folder / "cache")
    client_of(place).delete_object(Bucket="speech", Key="calls/a.wav")
    place.run("transcribe", "--engine", "fake", code=3)
    assert [row["reason"] for row in place.query("SELECT reason FROM v_failures")] == ["vanished"]


def test_a_manifest_in_a_bucket_names_audio_beside_it(place: Asrlab, bucket: str) -> None:
    rows = [{"audio_filepath": "a.wav", "text": "alpha"}, {"audio_filepath": "deep/b.wav", "lang": "fr"}]
    body = "\n".join(map(json.dumps, rows)).encode()
    client_of(place).put_object(Bucket="speech", Key="calls/train.jsonl", Body=body)
    place.run(*LABEL, f"{bucket}/calls/train.jsonl")
    first, second = texts(place)
    assert first[1:3] == ("alpha", "import")
    assert second[2:] == ("engine", "fr")


def test_sidecars_in_a_bucket(place: Asrlab, bucket: str) -> None:
    place.run("ingest", "--sidecar", f"{bucket}/calls/")
    assert [row[1:3] for row in texts(place)] == [("what was said", "import")]


def test_an_archive_is_listed_with_what_lies_beside_its_audio(place: Asrlab, audio: Path) -> None:
    archive = place.folder / "calls.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in ("a.wav", "deep/b.wav", "c d.wav"):
            packed.write(audio / name, f"calls/{name}")
        packed.writestr("calls/deep/b.txt", "what b says")
    place.run("ingest", "--sidecar", f"zip://calls::{archive}")
    assert [(row[0], row[1]) for row in texts(place)] == [
        (f"zip://calls/deep/b.wav::{archive}", "what b says")
    ]
    place.run(*LABEL, f"zip://calls/*.wav::{archive}")
    assert [row[0].partition("::")[0] for row in texts(place)] == [
        "zip://calls/a.wav",
        "zip://calls/c d.wav",
        "zip://calls/deep/b.wav",
    ]


def test_what_can_not_be_had_from_a_bucket_is_told(place: Asrlab, bucket: str) -> None:
    place.run("ingest", f"{bucket}/nothing/", code=1)
    assert "nothing lies at s3://speech/nothing/" in place.errors
    place.run("ingest", "s3://no-such-bucket/a.wav", code=3)
    assert "s3://no-such-bucket/a.wav" in place.errors
    place.run("ingest", f"{bucket}/calls/a.wav", code=3, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert "unreachable" in place.errors
    # Not to be had once is no reason not to ask again.
    place.run("ingest", f"{bucket}/calls/a.wav")
    assert [row["uri"] for row in place.query("SELECT uri FROM v_failures")] == ["s3://no-such-bucket/a.wav"]


def test_a_website_through_the_flow(place: Asrlab, website: str) -> None:
    place.run("label", *FAKE, "--allow-private", f"{website}/a.wav", f"{website}/c%20d.wav")
    assert [row[0] for row in texts(place)] == [f"{website}/a.wav", f"{website}/c%20d.wav"]
    assert "nothing to do: 2" in place.run(
        *LABEL, "--allow-private", f"{website}/a.wav", f"{website}/c%20d.wav"
    )


def test_private_addresses_need_leave(place: Asrlab, website: str) -> None:
    place.run("ingest", f"{website}/a.wav", code=3)
    assert "private_address" in place.errors
    assert "--allow-private" in place.errors
    place.run("ingest", f"{website}/a.wav", ASRLAB_ALLOW_PRIVATE="true")
    assert place.query("SELECT * FROM v_failures") == []


def test_one_bad_url_stops_nothing(place: Asrlab, website: str) -> None:
    place.run(*LABEL, "--allow-private", f"{website}/a.wav", f"{website}/none.wav", f"{website}/deep", code=3)
    assert [row[0] for row in texts(place)] == [f"{website}/a.wav"]
    reasons = place.query("SELECT uri, reason FROM v_failures ORDER BY uri")
    assert reasons == [
        {"uri": f"{website}/deep", "reason": "not_audio"},
        {"uri": f"{website}/none.wav", "reason": "vanished"},
    ]


def test_a_manifests_language_and_context_reach_the_engine(asrlab_on_both: Asrlab, audio: Path) -> None:
    rows = [
        {"path": "a.wav", "language": "French", "context": "names of ships"},
        {"path": "deep/b.wav", "language": "xx"},
        {"path": "c d.wav", "text": "a reference", "speaker": "ann", "room": "7", "license": "CC0-1.0"},
    ]
    manifest = audio / "m.csv"
    manifest.write_text(
        "path,language,context,text,speaker,room,license\n"
        + "".join(
            ",".join(
                row.get(name, "")
                for name in ("path", "language", "context", "text", "speaker", "room", "license")
            )
            + "\n"
            for row in rows
        )
    )
    asrlab_on_both.run(*LABEL, "--language", "de", "--aligner", "fake", manifest, code=3)
    heard = asrlab_on_both.query(
        "SELECT uri, origin, language, raw_text FROM v_transcripts ORDER BY uri, version"
    )
    assert [(Path(row["uri"]).name, row["origin"], row["language"]) for row in heard] == [
        ("a.wav", "engine", "fr"),
        ("c d.wav", "import", None),
        ("c d.wav", "engine", "de"),
    ]
    assert heard[0]["raw_text"].startswith("names of ships: ")
    assert asrlab_on_both.query("SELECT reason FROM v_failures") == [{"reason": "language_unsupported"}]
    assert asrlab_on_both.query("SELECT name, value FROM v_metadata") == [{"name": "room", "value": "7"}]
    assert asrlab_on_both.query("SELECT speaker, text FROM v_current WHERE origin = 'import'") == [
        {"speaker": "ann", "text": "a reference"}
    ]
    # The words of the text that counts have times.
    words = "SELECT word FROM v_words w JOIN v_current c USING (transcript_id) WHERE c.origin = 'import' ORDER BY 1"
    assert [row["word"] for row in asrlab_on_both.query(words)] == ["a", "reference"]
    # Nothing is done twice; a language that is mended is tried.
    assert "nothing to do" in asrlab_on_both.run(
        *LABEL, "--language", "de", "--aligner", "fake", manifest, code=3
    )
    manifest.write_text(manifest.read_text().replace("xx", "it"))
    asrlab_on_both.run(*LABEL, "--language", "de", "--aligner", "fake", manifest)
    rows_now = asrlab_on_both.query("SELECT language FROM v_current ORDER BY uri")
    assert [row["language"] for row in rows_now] == ["fr", None, "it"]


def test_a_bad_line_of_a_manifest_stands_in_failures_until_it_is_mended(asrlab: Asrlab, audio: Path) -> None:
    manifest = audio / "m.jsonl"
    good = '{"audio_filepath": "a.wav", "offset": 0, "duration": 0.5, "text": "one"}\n'
    manifest.write_text(
        good + '{"audio_filepath": "gone.wav"}\n{\n{"audio": "a.wav", "start": 5, "end": 6}\n'
    )
    for _ in range(2):
        asrlab.run("ingest", manifest, code=3)
        failures = asrlab.query("SELECT uri, reason FROM v_failures ORDER BY uri")
        assert [(row["uri"].rpartition(":")[2], row["reason"]) for row in failures] == [
            ("2", "vanished"),
            ("3", "bad_reference"),
            ("4", "bad_reference"),
        ]
    write_tone(audio / "gone.wav", 1.0, 900)
    manifest.write_text(good + '{"audio_filepath": "gone.wav"}\n')
    asrlab.run("ingest", manifest)
    assert asrlab.query("SELECT uri FROM v_failures") == []
    assert asrlab.query("SELECT start_s, end_s, text FROM v_current") == [
        {"start_s": 0, "end_s": 0.5, "text": "one"}
    ]


def test_a_kaldi_directory_is_labeled_and_exported(asrlab: Asrlab, audio: Path) -> None:
    data = asrlab.folder / "data"
    data.mkdir()
    (data / "wav.scp").write_text(f"r1 {audio / 'a.wav'}\nr2 {audio / 'deep/b.wav'}\n")
    (data / "segments").write_text("u1 r1 0.0 0.4\nu2 r1 0.5 0.9\nu3 r2 0.0 1.0\n")
    (data / "text").write_text("u1 one\nu2 two\n")
    (data / "utt2spk").write_text("u1 ann\nu2 bob\nu3 ann\n")
    asrlab.run(*LABEL, data)
    current = asrlab.query("SELECT start_s, end_s, origin, speaker FROM v_current ORDER BY uri, start_s")
    assert [tuple(row.values()) for row in current] == [
        (0, 0.4, "import", "ann"),
        (0.5, 0.9, "import", "bob"),
        (0, 1, "engine", "ann"),
    ]
    asrlab.run("export", "kaldi", "--out", asrlab.folder / "out")
    assert (asrlab.folder / "out" / "text").read_text().count("\n") == 3


@pytest.mark.parametrize(
    "given", [["--sidecar"], ["--sidecar", ".txt"], ["--sidecar=txt"], ["--sidecar", "TXT"]]
)
def test_sidecars_beside_the_audio(asrlab: Asrlab, audio: Path, given: list[str]) -> None:
    (audio / "a.txt").write_text("what a says")
    (audio / "deep" / "b.wav.txt").write_bytes(b"\xff\xfe\xfd")
    asrlab.run("ingest", *given, audio, code=3)
    assert [row[1:3] for row in texts(asrlab)] == [("what a says", "import")]
    assert asrlab.query("SELECT reason FROM v_failures") == [{"reason": "bad_reference"}]
    (audio / "deep" / "b.wav.txt").write_text("what b says")
    asrlab.run("ingest", audio, *given)
    assert [row[1] for row in texts(asrlab)] == ["what a says", "what b says"]
    assert asrlab.query("SELECT reason FROM v_failures") == []


def test_without_sidecar_texts_beside_the_audio_are_left_alone(asrlab: Asrlab, audio: Path) -> None:
    (audio / "a.txt").write_text("what a says")
    asrlab.run("ingest", audio)
    assert texts(asrlab) == []


def test_manifests_that_name_nothing_are_refused(asrlab: Asrlab, audio: Path) -> None:
    (audio / "m.csv").write_text("id,words\n1,x\n")
    asrlab.run("ingest", audio / "m.csv", code=1)
    assert "no column that names audio" in asrlab.errors
    (audio / "m.jsonl").write_text("\n")
    asrlab.run("ingest", audio / "m.jsonl", code=1)
    assert "names no audio" in asrlab.errors
    os.truncate(audio / "m.csv", 0)
    asrlab.run("ingest", audio / "m.csv", code=1)
