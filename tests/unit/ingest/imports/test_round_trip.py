"""Export, import, export: the same bytes, in the same catalog and in one that knew nothing."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pyarrow import parquet

from asrlab.catalog import Catalog
from asrlab.catalog.query import run_query
from asrlab.export import FORMATS, export, request_of
from asrlab.export.formats.protocol import AudioNeed
from asrlab.ingest import ingest_files
from asrlab.ingest.importing import ImportOutcome, import_texts
from asrlab.ingest.imports import IMPORT_FORMATS
from tests.unit.export.conftest import Corpus, Said, everything
from tests.unit.ingest.imports.conftest import NewCatalog

RATE_HZ = 16_000
VARIANTS = [(name, "") for name in IMPORT_FORMATS] + [
    ("nemo", "tarred"),
    ("lhotse", "shar"),
    ("hf", "parquet"),
]
variants = pytest.mark.parametrize(("form", "variant"), VARIANTS)
# Made of an engine's texts once, and of imported ones ever after.
ORIGIN = re.compile(
    rb'(?:, )?"(?:origin|engine|model_version)": (?:"\w+"|null)|,(?:engine,fake|import,)(?=,)'
)

TEXTS = (
    Said(0.5, 2.25, 'She said  "no",\tand\nleft <b>.', (("She", 0.0, 0.2), ("said", 0.2, 0.7))),
    Said(3.0, 4.95, "Ünï\u2028cöde \U0001f44b --> end", language="de"),
    Said(6.0, 7.5, "plain words here", (("plain", 0.0, 0.5), ("words", 0.5, 1.0), ("here", 1.1, 1.5))),
)


def write_noise(path: Path, seconds: float, seed: int, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (round(seconds * RATE_HZ), channels))
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    return path


@pytest.fixture
def labeled(tmp_path: Path, new_catalog: NewCatalog) -> Catalog:
    """Two recordings, one of two channels."""
    catalog = new_catalog()
    corpus = Corpus(catalog)
    corpus.label(write_noise(tmp_path / "audio" / "one.wav", 8.0, 1), *TEXTS)
    corpus.label(
        write_noise(tmp_path / "audio" / "call.wav", 4.0, 2, channels=2),
        Said(0.0, 2.0, "left side", channel=0),
        Said(0.5, 4.0, "right side", channel=1),
    )
    return catalog


def written(catalog: Catalog, form: str, variant: str, folder: Path) -> dict[str, bytes]:
    """The format's own files of an export with all audio beside it."""
    holds_audio = FORMATS[form][variant].audio is not AudioNeed.NONE
    export(catalog, request_of(form, folder, variant=variant, copy_audio=holds_audio or None))
    return {
        name: data
        for name, data in everything(folder).items()
        if name not in ("export.lock.json", "README.md") and not name.startswith("plots/")
    }


def brought(catalog: Catalog, form: str, folder: Path, audio: Path | None = None) -> ImportOutcome:
    outcome = import_texts(catalog, form, folder, audio)
    failures = run_query(catalog, "SELECT message FROM v_failures").rows
    assert not outcome.failures, failures
    return outcome


@variants
def test_what_was_exported_is_nothing_new_to_its_catalog(
    labeled: Catalog, tmp_path: Path, form: str, variant: str
) -> None:
    before = written(labeled, form, variant, tmp_path / "out")
    contents = run_query(labeled, "SELECT * FROM v_current").rows
    outcome = brought(labeled, form, tmp_path / "out")
    assert (outcome.texts > 0, outcome.versions, outcome.segments, outcome.new_recordings) == (True, 0, 0, 0)
    assert run_query(labeled, "SELECT * FROM v_current").rows == contents
    assert run_query(labeled, "SELECT COUNT(*) FROM v_transcripts").rows == ((5,),)
    assert written(labeled, form, variant, tmp_path / "out") == before


@variants
def test_a_catalog_that_knows_the_recordings_exports_the_same(
    labeled: Catalog, new_catalog: NewCatalog, tmp_path: Path, form: str, variant: str
) -> None:
    first = written(labeled, form, variant, tmp_path / "out1")
    other = new_catalog()
    ingest_files(other, [str(tmp_path / "audio" / name) for name in ("one.wav", "call.wav")], "default")
    outcome = brought(other, form, tmp_path / "out1")
    assert (outcome.versions > 0, outcome.new_recordings) == (True, 0)
    second = written(other, form, variant, tmp_path / "out2")
    assert without_origins(second) == without_origins(first)


@variants
def test_a_catalog_that_knew_nothing_exports_what_it_was_given(
    labeled: Catalog, new_catalog: NewCatalog, tmp_path: Path, form: str, variant: str
) -> None:
    """Where nothing is known of the recordings, a clip is one."""
    first = written(labeled, form, variant, tmp_path / "out1")
    other = new_catalog()
    brought(other, form, tmp_path / "out1", tmp_path / "audio")
    second = written(other, form, variant, tmp_path / "out2")
    if (
        form in ("nemo", "lhotse", "textgrid", "srt", "vtt", "csv", "jsonl", "parquet", "label-studio")
        and not variant
    ):
        assert without_origins(second) == without_origins(first)
        return
    third = new_catalog()
    brought(third, form, tmp_path / "out2", tmp_path / "audio")
    assert written(third, form, variant, tmp_path / "out3") == second


def without_origins(files: dict[str, bytes]) -> dict[str, object]:
    """The files, but for what tells of each text whether an engine heard it or a file told it."""
    return {
        name: rows_without_origins(data) if name.endswith(".parquet") else ORIGIN.sub(b"", data)
        for name, data in files.items()
    }


def rows_without_origins(data: bytes) -> list[dict[str, object]]:
    table = parquet.read_table(io.BytesIO(data))
    return table.drop([name for name in ("origin", "engine") if name in table.column_names]).to_pylist()


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_cues_of_one_voice_that_overlap_come_back_with_their_times(
    new_catalog: NewCatalog, tmp_path: Path, form: str
) -> None:
    """[1 one 5] over [1.2 two 4], and [4.5 yes 4.6] within the first."""
    catalog = new_catalog()
    said = (Said(1.0, 5.0, "the longer one"), Said(1.2, 4.0, "the shorter one"), Said(4.5, 4.6, "yes"))
    Corpus(catalog).label(write_noise(tmp_path / "audio" / "one.wav", 6.0, 1), *said)
    first = written(catalog, form, "", tmp_path / "out1")
    other = new_catalog()
    brought(other, form, tmp_path / "out1", tmp_path / "audio")
    times = run_query(other, "SELECT start_s, end_s FROM v_current ORDER BY start_s").rows
    assert times == ((1.0, 5.0), (1.2, 4.0), (4.5, 5.333))
    assert written(other, form, "", tmp_path / "out2") == first
