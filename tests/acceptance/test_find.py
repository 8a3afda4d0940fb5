"""Finding and comparing texts from the command line."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files


@pytest.fixture
def labeled(asrlab: Asrlab) -> Asrlab:
    write_good_files(asrlab.folder / "audio", 3)
    asrlab.run("label", "audio", "--inline", *FAKE)
    return asrlab


def test_a_text_is_found_by_its_words(labeled: Asrlab) -> None:
    row, *_ = labeled.query("SELECT uri, text, segment_id FROM v_current ORDER BY uri")
    words = row["text"].split()
    (found,) = json.loads(labeled.run("search", f'"{words[1]} {words[2]}"', words[0].upper(), "--json"))
    assert (found["uri"], found["segment_id"]) == (row["uri"], row["segment_id"])
    first = labeled.query("SELECT MIN(start_s) AS s FROM v_words WHERE word = '" + words[0] + "'")[0]["s"]
    assert found["at_s"] == first
    assert found["snippet"] == row["text"]
    assert Path(row["uri"]).name in labeled.run("search", *words)
    assert "no current text" in labeled.run("search", "nobodysaidthis")
    labeled.run("search", "…", code=1)
    assert "nothing to search for" in labeled.errors
    labeled.run("search", "\udcff", code=1)


def test_versions_are_compared_word_by_word(labeled: Asrlab) -> None:
    (segment,) = labeled.query("SELECT segment_id AS id FROM v_current ORDER BY uri LIMIT 1")
    labeled.run("diff", str(segment["id"]), code=1)
    assert "only version 1" in labeled.errors
    labeled.run("transcribe", "--engine", "fake", "--context", "other")
    old, new = labeled.query(
        f"SELECT text FROM v_transcripts WHERE segment_id = {segment['id']} ORDER BY version"
    )
    assert "v1 fake → v2 fake" in labeled.run("diff", str(segment["id"]))
    answer = json.loads(labeled.run("diff", str(segment["id"]), "2", "1", "--json"))
    assert (answer["old"]["text"], answer["new"]["text"]) == (new["text"], old["text"])
    for wrong in (("99999",), (str(segment["id"]), "1", "7")):
        labeled.run("diff", *wrong, code=1)
        assert len(labeled.errors.splitlines()) == 1
    labeled.run("diff", "99999999999999999999", code=2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_that_the_shell_takes(asrlab: Asrlab, shell: str) -> None:
    script = asrlab.run("completion", shell)
    assert "_ASRLAB_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n", "-c", script], check=True)
    # What the script then asks for.
    complete = {"_ASRLAB_COMPLETE": "bash_complete", "COMP_WORDS": "asrlab tra", "COMP_CWORD": "1"}
    assert "transcribe" in asrlab.run(**complete)


def test_a_catalog_moves_to_another_database(labeled: Asrlab, empty_database_url: str) -> None:
    before = labeled.query("SELECT uri, text, version FROM v_current ORDER BY uri")
    told = labeled.run("db", "copy", empty_database_url)
    assert "3  transcripts" in told
    labeled.environment["ASRLAB_CATALOG"] = empty_database_url
    labeled.run("db", "upgrade")
    assert labeled.query("SELECT uri, text, version FROM v_current ORDER BY uri") == before
    assert "nothing to do" in labeled.run("label", "audio", "--inline", *FAKE)
    labeled.run("db", "copy", "no://catalog", code=1)
    labeled.run("db", "copy", empty_database_url, code=1)
    assert "holds" in labeled.errors
