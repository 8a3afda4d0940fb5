"""`asrlab import` in a user's shell: what was exported comes back, what can't be used is listed, the rest goes on."""

import json

from asrlab.cli.import_ import FORMATS
from asrlab.ingest.imports import IMPORT_FORMATS
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files
from tests.acceptance.test_releases import files

CURRENT = "SELECT uri, start_s, end_s, text FROM v_current ORDER BY uri, start_s"


def test_every_format_that_is_offered_is_read() -> None:
    assert set(FORMATS) == set(IMPORT_FORMATS)


def test_an_export_comes_back_corrected_and_is_exported_again(asrlab: Asrlab) -> None:
    write_good_files(asrlab.folder / "audio", 2)
    asrlab.run("label", "audio", "--inline", *FAKE)
    asrlab.run("export", "nemo", "--out", "out")
    before = files(asrlab.folder / "out")
    said = asrlab.run("import", "nemo", "out")
    assert "2 texts of 2 recordings (0 new): 0 new versions, 0 new segments" in said
    asrlab.run("export", "nemo", "--out", "out")
    assert files(asrlab.folder / "out") == before

    manifest = asrlab.folder / "out" / "manifest.jsonl"
    first, second = map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
    gone = {**first, "id": "other", "audio_filepath": "gone.wav"}
    edited = [{**first, "text": "corrected  by\thand"}, second, gone]
    corrected = asrlab.folder / "corrected.jsonl"
    corrected.write_text("\n".join(map(json.dumps, edited)), encoding="utf-8")
    said = asrlab.run("import", "nemo", corrected, code=3)
    assert "3 texts of 2 recordings (0 new): 1 new versions" in said
    assert "gone.wav" in asrlab.errors + said
    assert "corrected  by\thand" in {row["text"] for row in asrlab.query(CURRENT)}
    versions = asrlab.query("SELECT origin, author FROM v_transcripts WHERE version > 1")
    assert versions == [{"origin": "import", "author": "corrected.jsonl"}]

    elsewhere = asrlab.query(CURRENT)
    asrlab.run("export", "lhotse", "--out", "whole", "--copy-audio")
    asrlab.run("import", "lhotse", "whole", "--corpus", "back", ASRLAB_CATALOG="sqlite:///other.db")
    rows = asrlab.json(
        "sql", CURRENT.replace("uri, ", "", 1), "--format", "json", "--catalog", "sqlite:///other.db"
    )
    assert sorted(map(str, rows)) == sorted(
        str({name: row[name] for name in ("start_s", "end_s", "text")}) for row in elsewhere
    )


def test_what_can_be_no_import_is_one_line(asrlab: Asrlab) -> None:
    asrlab.run("init")
    (asrlab.folder / "empty").mkdir()
    (asrlab.folder / "a.srt").write_text("no subtitles", encoding="utf-8")
    for arguments, told in (
        (("srt", "nowhere.srt"), "no such file or folder: nowhere.srt"),
        (("srt", "empty"), "nothing of srt in empty: looked for *.srt"),
        (("srt", "a.srt"), "a.srt: no subtitles"),
        (("vtt", "a.srt"), "it does not begin with WEBVTT"),
    ):
        asrlab.run("import", *arguments, code=1)
        assert told in asrlab.errors
        assert asrlab.errors.count("\n") == 1
