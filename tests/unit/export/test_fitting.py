"""Options that are none, or change nothing of what is written, are refused in one line that says why."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from asrlab.cli.export import command
from asrlab.errors import OptionError
from asrlab.export import request_of

WITHOUT_EFFECT: list[tuple[str, dict[str, Any], str]] = [
    ("nemo", {"sampling_rate": 8000}, "--rate is of clips: give --clips too"),
    ("nemo", {"sampling_rate": 8000, "copy_audio": True}, "--rate is of clips"),
    ("kaldi", {"channel": "all"}, "--channel is of clips"),
    ("hf", {"shard_size": 5}, "the format hf writes archives with --parquet: give that too"),
    ("nemo", {"shard_size": 5}, "--tarred"),
    ("csv", {"shard_size": 5}, "the format csv writes no archives"),
    ("rttm", {"copy_audio": True}, "the format rttm holds no audio: leave --copy-audio out"),
    ("srt", {"clips": "wav"}, "the format srt holds no audio: leave --clips out"),
    ("ctm", {"sampling_rate": 8000}, "the format ctm holds no audio: leave --rate out"),
]


@pytest.mark.parametrize(("form", "given", "why"), WITHOUT_EFFECT)
def test_an_option_without_effect_is_refused(
    tmp_path: Path, form: str, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(OptionError, match=why):
        request_of(form, tmp_path, **given)


@pytest.mark.parametrize(
    ("form", "given"),
    [
        ("nemo", {"sampling_rate": 8000, "clips": "wav"}),
        ("nemo", {"sampling_rate": 8000, "variant": "tarred", "shard_size": 5}),
        ("ljspeech", {"sampling_rate": 22050, "channel": "0"}),
        ("hf", {"shard_size": 5, "variant": "parquet"}),
        ("webdataset", {"shard_size": 5, "copy_audio": True}),
        ("kaldi", {"copy_audio": True}),
        ("rttm", {"copy_audio": False, "clips": None}),
    ],
)
def test_an_option_with_effect_is_taken(tmp_path: Path, form: str, given: dict[str, Any]) -> None:
    assert request_of(form, tmp_path, **given).form == form


@pytest.mark.parametrize(
    "name", ["min_confidence", "mask_below", "min_seconds", "max_seconds", "pad_seconds"]
)
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_what_is_no_number_to_people_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(OptionError, match=f"--{name.replace('_', '-')} takes a number, not {value}"):
        request_of("nemo", tmp_path, **{name: float(value)})


@pytest.mark.parametrize("name", ["a b/../c", "a\\b", "a\nb", "a\x1bb", "a\u2028b", "   "])
def test_a_name_that_is_a_path_or_more_than_a_line_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="a release"):
        request_of("nemo", tmp_path, name)


@pytest.mark.parametrize("name", ["v1", "nemo-tarred", "2026 11, Zoë's", "v1.0"])
def test_any_other_name_is_taken(tmp_path: Path, name: str) -> None:
    assert request_of("nemo", tmp_path, name).release == name


def test_the_command_takes_no_empty_name_for_none(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["nemo", "--out", str(tmp_path / "out"), "--release", ""])
    assert result.exit_code == 2
    assert "--release needs a name" in result.output
    assert not (tmp_path / "out").exists()
