"""Any text that a format holds comes back from it as it was, with its times, speaker, language and words."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asrlab.catalog import open_catalog
from asrlab.catalog.query import run_query
from asrlab.export.formats.protocol import AudioNeed
from asrlab.export.registry import find_format
from asrlab.export.utterances import LabeledRecording, Utterance
from asrlab.ingest.importing import import_texts
from tests.datasets import MemoryDataSet, clipped, recording, utterance
from tests.unit.export.formats.hard_texts import HARD_TEXTS

CURRENT = (
    "SELECT transcript_id, start_s, end_s, text, language, speaker, confidence FROM v_current "
    "ORDER BY uri, start_s"
)
WORDS = "SELECT transcript_id, word, start_s, end_s, score FROM v_words ORDER BY transcript_id, position"

# The catalog holds no zero character and no half of a pair.
any_texts = st.one_of(
    st.sampled_from(HARD_TEXTS[:-1]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
        lambda text: text.strip()
    ),
)
speakers = st.sampled_from([None, "anna", "Bob C", 'ana & "<co>"', "李"])
languages = st.sampled_from([None, "en", "zh-Hant", "pt-BR"])
SLOTS = ((0.0, 1.5), (1.5, 2.25), (2.5, 4.0), (4.0, 5.9))

_NO_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_KALDI_SYMBOL = re.compile(r"</?s>|#0")


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> LabeledRecording:
    return recording(tmp_path_factory.mktemp("audio"), "talk.wav", 6.0)


@st.composite
def utterances(draw: st.DrawFn) -> tuple[Utterance, ...]:
    """One in each slot, with the times of its words."""
    found = []
    for start, end in SLOTS:
        text = draw(any_texts)
        words = text.split()[:20]
        step = (end - start) / max(len(words), 1)
        timed = [(word, start + place * step, start + (place + 1) * step) for place, word in enumerate(words)]
        found.append(
            utterance(start, end, text, words=timed, speaker=draw(speakers), language=draw(languages))
        )
    return tuple(found)


Said = tuple[
    float, float, str, str | None, str | None, float | None, list[tuple[str, float, float, float | None]]
]


def read_back(form: str, variant: str, held: LabeledRecording, template: Path) -> list[Said]:
    """What a fresh catalog holds of the recording's utterances, written in this format."""
    chosen = find_format(form, variant)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        out.mkdir()
        is_clipped = chosen.audio in (AudioNeed.CLIPS, AudioNeed.PACKED)
        chosen.write(clipped(out, held, folder=chosen.clips) if is_clipped else MemoryDataSet([held]), out)
        shutil.copy(template, Path(name) / "catalog.db")
        catalog = open_catalog(f"sqlite:///{name}/catalog.db")
        outcome = import_texts(catalog, form, out, Path(held.source.uri).parent)
        assert not outcome.failures, run_query(catalog, "SELECT message FROM v_failures").rows
        texts = run_query(catalog, CURRENT).rows
        words = run_query(catalog, WORDS).rows
        catalog.close()
    return [
        (*row[1:], [word[1:] for word in words if word[0] == row[0]])  # type: ignore[misc]
        for row in texts
    ]


def said(each: Utterance, *, is_clip: bool = False) -> Said:
    zero = each.start if is_clip else 0.0
    words = [
        (word, round(start / 1000 - zero, 3), round(end / 1000 - zero, 3), score)
        for word, start, end, score, _ in each.timed
    ]
    start, end = (0.0, each.duration) if is_clip else (each.start, each.start + each.duration)
    return (start, end, each.text, each.language, each.speaker, each.confidence, words)


def without_words(each: Said) -> Said:
    return (*each[:6], [])


quick = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@pytest.mark.parametrize("form", ["nemo", "lhotse", "label-studio", "csv", "jsonl", "parquet"])
@quick
@given(held=utterances())
def test_a_text_comes_back_as_it_was(
    audio: LabeledRecording, sqlite_template: Path, form: str, held: tuple[Utterance, ...]
) -> None:
    if form == "label-studio":
        held = tuple(replace_text(each, _NO_CONTROLS.sub("", each.text)) for each in held)
    found = read_back(form, "", replace(audio, utterances=held), sqlite_template)
    expected = [said(each) for each in held]
    assert found == ([without_words(each) for each in expected] if form == "nemo" else expected)


@quick
@given(held=utterances())
def test_a_clips_text_comes_back_as_it_was(
    audio: LabeledRecording, sqlite_template: Path, held: tuple[Utterance, ...]
) -> None:
    found = read_back("hf", "", replace(audio, utterances=held), sqlite_template)
    assert found == [said(each, is_clip=True) for each in held]


@quick
@given(held=utterances())
def test_a_textgrid_gives_texts_and_words_back_and_the_voices(
    audio: LabeledRecording, sqlite_template: Path, held: tuple[Utterance, ...]
) -> None:
    held = tuple(replace_text(each, each.text.replace("\r", "")) for each in held)
    found = read_back("textgrid", "", replace(audio, utterances=held), sqlite_template)
    expected = [
        (*each[:3], None, each[4], None, [(*word[:3], None) for word in each[6]])
        for each in (said(one) for one in held)
    ]
    assert found == expected


@quick
@given(held=utterances())
def test_kaldi_gives_the_words_back(
    audio: LabeledRecording, sqlite_template: Path, held: tuple[Utterance, ...]
) -> None:
    held = tuple(replace_text(each, _KALDI_SYMBOL.sub("x", each.text)) for each in held)
    found = read_back("kaldi", "", replace(audio, utterances=held), sqlite_template)
    assert [(each[0], each[1], each[2], each[3]) for each in found] == [
        (each.start, each.start + each.duration, " ".join(each.text.split()), each.language) for each in held
    ]


@pytest.mark.parametrize("form", ["srt", "vtt"])
@quick
@given(held=utterances())
def test_subtitles_give_every_letter_back(
    audio: LabeledRecording, sqlite_template: Path, form: str, held: tuple[Utterance, ...]
) -> None:
    held = tuple(replace_text(each, _NO_CONTROLS.sub("", each.text)) for each in held)
    found = read_back(form, "", replace(audio, utterances=held), sqlite_template)
    assert letters(each[2] for each in found) == letters(each.text for each in held)
    if form == "vtt":
        assert {each[4] for each in found} == {each.speaker for each in held}


def replace_text(each: Utterance, text: str) -> Utterance:
    text = text if text.strip() else "x"
    return each._replace(text=text, timed=tuple(word for word in each.timed if word[0] in text))


def letters(texts: "Sequence[str] | object") -> str:
    joined = "".join(texts)  # type: ignore[arg-type]
    return "".join(joined.split()).replace("\u2060", "")
