"""Manifests as others write them: pandas, the csv module, lhotse; and lines that nobody should have written."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.reference import Reference
from asrlab.errors import InputNotFoundError
from asrlab.ingest.manifests import BadLine, Line, is_manifest, read_manifest

ROWS = [
    {
        "audio_filepath": "a.wav",
        "text": 'he said "no", twice',
        "lang": "en_US",
        "speaker": "ann",
        "snr": 12.5,
    },
    {"audio_filepath": "b c.wav", "text": "grüße, 你好", "lang": "German", "speaker": "", "snr": 3.0},
]


def read(path: Path) -> list[Line | BadLine]:
    return list(read_manifest(path, str(path)))


def lines(path: Path) -> list[Line]:
    found = read(path)
    assert all(isinstance(line, Line) for line in found), found
    return [line for line in found if isinstance(line, Line)]


def bad(path: Path) -> list[BadLine]:
    return [line for line in read(path) if isinstance(line, BadLine)]


@pytest.fixture(params=["jsonl", "json", "csv", "tsv", "unquoted.tsv", "semicolon.csv", "bom.csv", "parquet"])
def manifest(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """ROWS in each form, as the field's own tools write it."""
    path = tmp_path / f"rows.{request.param}"
    table = pd.DataFrame(ROWS)
    match request.param:
        case "jsonl":
            table.to_json(path, orient="records", lines=True, force_ascii=False)
        case "json":
            path.write_text(json.dumps(ROWS), encoding="utf-8")
        case "csv":
            table.to_csv(path, index=False)
        case "tsv":
            table.to_csv(path, index=False, sep="\t")
        case "unquoted.tsv":
            table.to_csv(path, index=False, sep="\t", quoting=csv.QUOTE_NONE)
        case "semicolon.csv":
            table.to_csv(path, index=False, sep=";")
        case "bom.csv":
            table.to_csv(path, index=False, encoding="utf-8-sig")
        case "parquet":
            table.to_parquet(path)
    return path


def test_every_form_says_the_same(manifest: Path) -> None:
    first, second = lines(manifest)
    assert (first.audio, second.audio) == ("a.wav", "b c.wav")
    said = first.reference
    assert (said.text, said.prompt.language, said.speaker) == ('he said "no", twice', "en-US", "ann")
    assert dict(said.metadata) == {"snr": "12.5"}
    assert (said.start, said.end, said.license, said.prompt.context) == (0.0, None, None, None)
    other = second.reference
    assert (other.text, other.prompt.language, other.speaker) == ("grüße, 你好", "de", None)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "path": st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
                "text": st.text(st.characters(exclude_categories=["C"]), max_size=30),
                "note": st.text(st.characters(exclude_categories=["C"]), max_size=30),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_survives_csv_jsonl_and_parquet(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    table = pd.DataFrame(rows)
    with (folder / "m.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["path", "text", "note"])
        writer.writeheader()
        writer.writerows(rows)
    table.to_json(folder / "m.jsonl", orient="records", lines=True)
    table.to_parquet(folder / "m.parquet")
    for name in ("m.csv", "m.jsonl", "m.parquet"):
        found = lines(folder / name)
        assert [line.audio for line in found] == [row["path"] for row in rows]
        assert [line.reference.text for line in found] == [
            " ".join(row["text"].split()) or None for row in rows
        ]
        notes = [row["note"] if row["note"].strip() else None for row in rows]
        assert [line.reference.metadata.get("note") for line in found] == notes


def test_intervals_of_nemo_and_of_start_and_end(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    rows = [
        {"audio_filepath": "a.wav", "offset": 1.5, "duration": 2, "text": "one"},
        {"audio": {"path": "a.wav", "array": None}, "start": "4", "end": 5.25, "sentence": "two"},
        {"audio_filepath": "a.wav", "duration": 7.0},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    spans = [(line.reference.start, line.reference.end, line.reference.text) for line in lines(path)]
    assert spans == [(1.5, 3.5, "one"), (4.0, 5.25, "two"), (0.0, 7.0, None)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{broken", "no valid JSON"),
        ("[1]", "not an object"),
        ('{"text": "x"}', "no audio is named"),
        ('{"audio": 7}', "not a path or URL"),
        ('{"audio": {"bytes": "RIFF", "path": null}}', "lies inside the table"),
        ('{"audio": "a.wav", "offset": -1}', "not a number of seconds"),
        ('{"audio": "a.wav", "duration": "long"}', "not a number of seconds"),
        ('{"audio": "a.wav", "duration": NaN, "offset": Infinity}', "not a number of seconds"),
        ('{"audio": "a.wav", "duration": true}', "not a number of seconds"),
        ('{"audio": "a.wav", "start": 2, "end": 1}', "is empty"),
        ('{"audio": "a.wav", "text": ["x"]}', "not a text"),
        ("[" * 100_000, "no valid JSON"),
    ],
)
def test_a_bad_line_is_told_and_the_next_is_read(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(f'{line}\n{{"audio": "good.wav"}}\n')
    first, second = read(path)
    assert isinstance(first, BadLine)
    assert first.place == f"{path}:1"
    assert why in first.why
    assert isinstance(second, Line)
    assert second.audio == "good.wav"


def test_bytes_that_are_no_utf8_and_rows_too_long_are_bad_lines_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"path,text\na.wav,caf\xe9\nb.wav,one,two\nc.wav,good\n")
    found = read(path)
    assert [line.place for line in found if isinstance(line, BadLine)] == [f"{path}:2", f"{path}:3"]
    assert [line.audio for line in found if isinstance(line, Line)] == ["c.wav"]


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.parquet"])
def test_a_table_without_audio_is_refused_with_its_columns(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    table = pd.DataFrame([{"id": 1, "words": "x"}])
    if name.endswith("parquet"):
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",")
    with pytest.raises(InputNotFoundError, match=r"no column that names audio.*'id', 'words'"):
        read(path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR0")
    with pytest.raises(InputNotFoundError, match="no Parquet file"):
        read(path)


def kaldi(folder: Path, **lists: str) -> Path:
    for name, content in {"wav.scp": "rec1 /a/one.wav\nrec2 /a/two  words.wav\n", **lists}.items():
        (folder / name.replace("wav_scp", "wav.scp")).write_text(content, encoding="utf-8")
    return folder / "wav.scp"


def test_a_kaldi_directory_without_segments(tmp_path: Path) -> None:
    path = kaldi(tmp_path, text="rec1 hello  there\n", utt2spk="rec1 s1\nrec2 s2\n", utt2lang="rec2 French\n")
    first, second = lines(path)
    assert first == Line(
        "/a/one.wav",
        Reference(
            source=f"{tmp_path}/text",
            place=f"{tmp_path}/wav.scp:1",
            text="hello there",
            speaker="s1",
            metadata={"utterance_id": "rec1"},
        ),
    )
    assert (second.reference.text, second.reference.prompt.language) == (None, "fr")


def test_a_kaldi_directory_that_lhotse_wrote(tmp_path: Path) -> None:
    from lhotse import Recording, RecordingSet, SupervisionSegment, SupervisionSet
    from lhotse.kaldi import export_to_kaldi

    from tests.factories import write_tone

    audio = write_tone(tmp_path / "rec1.wav", 5.0)
    recordings = RecordingSet.from_recordings([Recording.from_file(audio, recording_id="rec1")])
    supervisions = SupervisionSet.from_segments(
        SupervisionSegment(
            f"u{i}", "rec1", start=i, duration=0.75, text=f"word {i}", speaker=f"s{i}", gender="F"
        )
        for i in range(3)
    )
    export_to_kaldi(recordings, supervisions, tmp_path / "data")
    found = lines(tmp_path / "data" / "wav.scp")
    assert [(line.audio, line.reference.start, line.reference.end) for line in found] == [
        (str(audio), float(i), i + 0.75) for i in range(3)
    ]
    assert [line.reference.text for line in found] == ["word 0", "word 1", "word 2"]
    assert [line.reference.speaker for line in found] == ["s0", "s1", "s2"]


def test_lines_of_kaldi_that_name_no_file_are_bad(tmp_path: Path) -> None:
    path = kaldi(
        tmp_path,
        wav_scp="a sph2pipe -f wav a.sph |\nb b.ark:123\nc\nd d.wav\nd e.wav\n",
        segments="u1 d 0 1.5\nu2 d 2\nu3 gone 0 1\nu4 d 3 1\nu5 d 2 -1\n",
    )
    assert [(line.place.rpartition("/")[2], line.why.split(":")[0]) for line in bad(path)] == [
        ("wav.scp:1", "a command, not a file; asrlab runs none"),
        ("wav.scp:2", "a piece of an archive"),
        ("wav.scp:3", "no file stands behind the key"),
        ("wav.scp:5", "the key d stands there twice"),
        ("segments:2", "not of the form UTTERANCE RECORDING START END"),
        ("segments:3", "no file is known of the recording gone"),
        ("segments:4", "the interval 3–1 s is empty"),
    ]
    good = [line.reference for line in read(path) if isinstance(line, Line)]
    assert [(said.start, said.end) for said in good] == [(0.0, 1.5), (2.0, None)]


def test_recordings_of_kaldi_that_no_segment_names_are_read_whole(tmp_path: Path) -> None:
    path = kaldi(tmp_path, wav_scp="a a.wav\nb b.wav\n", segments="u1 a 0 1.5\n", text="u1 hello\n")
    good = [line for line in read(path) if isinstance(line, Line)]
    assert [(Path(line.audio).name, line.reference.start, line.reference.end) for line in good] == [
        ("a.wav", 0.0, 1.5),
        ("b.wav", 0.0, None),
    ]
    assert bad(path) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jsonl", True),
        ("A.CSV", True),
        ("wav.scp", True),
        ("feats.scp", False),
        ("a.wav", False),
        ("a", False),
    ],
)
def test_what_is_a_manifest(name: str, expected: bool) -> None:
    assert is_manifest(name) is expected
