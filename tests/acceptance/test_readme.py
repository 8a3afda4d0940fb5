"""Every command and every query of the README, and every query of the documents, does what is written there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import REPOSITORY, TIME_LIMIT_S, Asrlab
from tests.factories import write_tone

# Not typed here, with the reason; each has to stand in the README.
NOT_RUN = {
    "make demo": "a test of `asrlab demo` runs what it runs",
    'pip install ".[embedded]"': "tests/acceptance/test_wheel.py installs the wheel",
    "asrlab review": "tests/browser uses it, which runs until it is stopped",
    "asrlab review --user anna": "the same",
    "make test": "this is it",
    "make check": "holds this",
    "make help": "tests/architecture/test_docs.py runs it",
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(\.\d+)?")
LINE = re.compile(r"[─\s]+")


def blocks(document: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(document.read_text(encoding="utf-8")) if found == kind]


def commands_with_output(document: Path) -> list[tuple[str, str]]:
    """Each line that begins with a prompt, with the lines below it up to the next."""
    found: list[tuple[str, str]] = []
    for block in blocks(document, "console"):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = entry.partition("\n")
            found.append((re.sub(r"\s+# .*$", "", command), output.strip()))
    return found


def shape(text: str) -> str:
    """A text with every number and every line that is drawn made equal."""
    return LINE.sub(" ", NUMBER.sub("0", text)).strip()


@pytest.fixture
def reader(asrlab: Asrlab, speech_file: Path) -> Asrlab:
    """A folder with the files that the README names."""
    import av
    import soundfile

    folder = asrlab.folder
    (folder / "recordings").mkdir()
    shutil.copy(speech_file, folder / "recordings")
    write_tone(folder / "more" / "deep" / "tone.flac", 2.0)
    with av.open(str(folder / "interview.m4a"), "w") as container:
        samples, rate = soundfile.read(speech_file, dtype="float32", frames=20 * 48_000)
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    manifest = '{"audio_filepath": "interview.m4a", "offset": 1, "duration": 10, "language": "en"}\n'
    (folder / "train.jsonl").write_text(manifest)
    (folder / "corrected.jsonl").write_text(manifest.replace("}", ', "text": "What was said."}'))
    programs = Path(sys.executable).parent
    asrlab.environment["PATH"] = f"{programs}{os.pathsep}{asrlab.environment['PATH']}"
    asrlab.environment["XDG_DATA_HOME"] = str(folder / "data")
    # On a new machine `asrlab doctor` finds nothing that other tests have left.
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(folder / "server")
    return asrlab


def test_every_command_of_the_readme_does_what_it_shows(reader: Asrlab) -> None:
    commands = commands_with_output(REPOSITORY / "README.md")
    assert NOT_RUN.keys() <= {command for command, _ in commands}
    run = [(command, output) for command, output in commands if command not in NOT_RUN]
    assert len(run) >= 10
    # So that each call need not start one; what a call does without it, test_flow.py shows.
    reader.run("server", "up")
    try:
        for command, output in run:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=reader.folder,
                env=reader.environment,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT_S,
                check=False,
            )
            assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
            if output:
                assert shape(done.stdout) == shape(output), command
    finally:
        reader.run("server", "down")
    # And they found something to do.
    assert (reader.folder / "the.parquet").stat().st_size > 0
    assert len(list((reader.folder / "subtitles").glob("*.srt"))) == 2
    assert {path.name for path in (reader.folder / "v1").iterdir()} >= {
        "README.md",
        "export.lock.json",
        "train",
    }
    assert (reader.folder / "manifest" / "manifest.jsonl").read_text().count("\n") >= 2


def test_every_query_of_the_documents_runs(asrlab_on_both: Asrlab) -> None:
    write_tone(asrlab_on_both.folder / "a.wav")
    (asrlab_on_both.folder / "m.csv").write_text("path,room\na.wav,7\n")
    asrlab_on_both.run("label", "--inline", "--engine", "fake", "--aligner", "fake", "--no-vad", "m.csv")
    documents = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    queries = [query for document in documents for query in blocks(document, "sql")]
    assert len(queries) >= 6
    answers = {query: asrlab_on_both.query(query) for query in queries}
    assert {"room": "7"}.items() <= next(
        rows[0] for query, rows in answers.items() if "room" in query
    ).items()
