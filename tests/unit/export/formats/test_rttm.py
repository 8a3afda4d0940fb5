"""Lhotse, and pandas as pyannote uses it, read who speaks when."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lhotse import SupervisionSet

from asrlab.export.formats.rttm import write_rttm
from tests.datasets import MemoryDataSet, recording, utterance
from tests.unit.export.formats.hard_texts import texts

# As pyannote.database's load_rttm.
COLUMNS = ["type", "uri", "channel", "start", "duration", "NA3", "NA4", "speaker", "NA5", "NA6"]
MISSING = st.sampled_from(
    ["NA", "N/A", "NULL", "NaN", "None", "n/a", "nan", "null", "<NA>", "#N/A", "1", "1e5"]
)


def test_a_turn_is_read_by_lhotse_with_its_speaker_channel_and_times(tmp_path: Path) -> None:
    """[0.5 anna 1.75] on the first channel, over [1 an unknown one 2.001] on the second."""
    held = recording(
        tmp_path,
        "a.wav",
        3.0,
        utterance(0.5, 1.75, "x", speaker="anna", channel=0),
        utterance(1, 2.001, "y", channel=1),
        channels=2,
    )
    (path,) = write_rttm(MemoryDataSet([held]), tmp_path)
    read = SupervisionSet.from_rttm(path)
    assert [(each.recording_id, each.channel, each.start, each.duration, each.speaker) for each in read] == [
        (held.key, 1, 0.5, 1.25, "anna"),
        (held.key, 2, 1.0, 1.001, f"{held.key}_c1"),
    ]
    assert path.read_text().splitlines()[0] == f"SPEAKER {held.key} 1 0.500 1.250 <NA> <NA> anna <NA> <NA>"


def test_turns_are_sorted_by_recording_and_time(tmp_path: Path) -> None:
    held = [
        recording(tmp_path, name, 10.0, *(utterance(start, start + 1, "x") for start in (0, 2, 9)))
        for name in ("a.wav", "b.wav", "c.wav")
    ]
    (path,) = write_rttm(MemoryDataSet(held), tmp_path)
    turns = [(fields[1], float(fields[3])) for fields in map(str.split, path.read_text().splitlines())]
    assert turns == sorted(turns)
    assert {key for key, _ in turns} == {each.key for each in held}


@given(st.lists(st.one_of(texts, MISSING), min_size=1, max_size=4, unique=True))
@settings(max_examples=30, deadline=None)
def test_any_speakers_are_told_apart_by_pandas_too(
    tmp_path_factory: pytest.TempPathFactory, speakers: list[str]
) -> None:
    out = tmp_path_factory.mktemp("rttm")
    said = [utterance(at, at + 1, "x", speaker=speaker) for at, speaker in enumerate(speakers)]
    (path,) = write_rttm(MemoryDataSet([recording(out, "a.wav", 0.01, *said)]), out)
    table = pd.read_csv(
        path,
        names=COLUMNS,
        dtype={"uri": str, "start": float, "duration": float, "speaker": str},
        sep=r"\s+",
        keep_default_na=True,
    )
    assert len(table) == table["speaker"].nunique() == len(speakers)
    assert len({each.speaker for each in SupervisionSet.from_rttm(path)}) == len(speakers)
