"""One take in several files is in one split: what decodes to the same samples, whatever the bytes are."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrlab.errors import UserError
from asrlab.export import Exported, export, request_of
from tests.factories import RATE_HZ, tone
from tests.unit.export.conftest import Corpus, Said

TAKES = 8


def noise(number: int, seconds: float = 2.0) -> np.ndarray:
    """A take of 16 bits, another for each number."""
    samples = np.random.default_rng(number).integers(-9000, 9000, round(seconds * RATE_HZ))
    return samples.astype(np.int16)


def written(path: Path, samples: np.ndarray, subtype: str = "PCM_16", title: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(path, "w", RATE_HZ, channels, subtype) as file:
        if title:
            file.title = title
        file.write(samples)
    return path


def labeled(corpus: Corpus, path: Path) -> None:
    corpus.label(path, Said(0, 1, f"text of {path.name}"))


def takes(corpus: Corpus, folder: Path, suffix: str) -> list[Path]:
    paths = [written(folder / f"{number}{suffix}", noise(number)) for number in range(TAKES)]
    for path in paths:
        labeled(corpus, path)
    return paths


def splits(out: Path) -> dict[str, str]:
    """The split of each file, by its name."""
    return {
        Path(json.loads(line)["audio_filepath"]).name: manifest.parent.name
        for manifest in out.glob("*/manifest.jsonl")
        for line in manifest.read_text(encoding="utf-8").splitlines()
    }


def exported(corpus: Corpus, out: Path, split: str = "0.5/0.5", **given: str) -> Exported:
    return export(corpus.catalog, request_of("nemo", out, split=split, **given))


def test_the_same_samples_as_wav_and_flac_never_cross(corpus: Corpus, tmp_path: Path) -> None:
    takes(corpus, tmp_path / "audio", ".wav")
    takes(corpus, tmp_path / "audio", ".flac")
    result = exported(corpus, tmp_path / "out")
    found = splits(tmp_path / "out")
    assert len(found) == 2 * TAKES
    assert set(found.values()) == {"train", "test"}
    assert all(found[f"{number}.wav"] == found[f"{number}.flac"] for number in range(TAKES))
    assert result.leaks[-1] == "takes in several files, kept together: 8 (16 recordings)"


@pytest.mark.parametrize("other", ["tagged", "24 bits", "float"])
def test_a_take_is_the_same_by_any_tag_and_any_depth_that_holds_it(
    corpus: Corpus, tmp_path: Path, other: str
) -> None:
    audio = tmp_path / "audio"
    labeled(corpus, written(audio / "one.wav", noise(1)))
    subtype = {"24 bits": "PCM_24", "float": "FLOAT"}.get(other, "PCM_16")
    samples = noise(1).astype(np.float32) / 2**15 if other == "float" else noise(1)
    labeled(corpus, written(audio / "other.wav", samples, subtype, "A title" if other == "tagged" else ""))
    result = exported(corpus, tmp_path / "out")
    assert len(set(splits(tmp_path / "out").values())) == 1
    assert "takes in several files, kept together: 1 (2 recordings)" in result.leaks


def test_takes_that_only_begin_alike_are_no_duplicates(corpus: Corpus, tmp_path: Path) -> None:
    samples = noise(1)
    other = samples.copy()
    other[-1] += 1
    labeled(corpus, written(tmp_path / "audio/a.wav", samples))
    labeled(corpus, written(tmp_path / "audio/b.wav", other))
    labeled(corpus, written(tmp_path / "audio/c.wav", np.stack([samples, samples], axis=1)))
    labeled(corpus, written(tmp_path / "audio/d.wav", samples[:-1]))
    assert not any("takes" in line for line in exported(corpus, tmp_path / "out").leaks)


def test_a_duplicate_of_what_an_earlier_release_tested_on_is_not_trained_on(
    corpus: Corpus, tmp_path: Path
) -> None:
    takes(corpus, tmp_path / "audio", ".wav")
    exported(corpus, tmp_path / "r1", release="r1")
    takes(corpus, tmp_path / "audio", ".flac")
    exported(corpus, tmp_path / "r2", "1/0/0", release="r2", where="uri LIKE '%.flac'")
    before, after = splits(tmp_path / "r1"), splits(tmp_path / "r2")
    assert set(before.values()) == {"train", "test"}
    assert after == {f"{Path(name).stem}.flac": split for name, split in before.items()}


def test_what_can_t_be_compared_any_more_is_said(corpus: Corpus, tmp_path: Path) -> None:
    (wav, *_) = takes(corpus, tmp_path / "audio", ".wav")
    exported(corpus, tmp_path / "r1", release="r1")
    takes(corpus, tmp_path / "audio", ".flac")
    wav.unlink()
    result = exported(corpus, tmp_path / "r2", where="uri LIKE '%.flac'")
    assert result.leaks[-1] == (
        "not compared, as the audio is gone or out of reach: recordings of earlier releases, 1"
    )


def test_audio_that_can_t_be_decoded_any_more_stops_the_export(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeled(corpus, written(tmp_path / "audio/a.wav", noise(1)))
    labeled(corpus, written(tmp_path / "audio/b.wav", noise(2)))
    monkeypatch.setattr("asrlab.export.stage.check_audio", lambda _: (tmp_path / "audio/a.wav").unlink())
    with pytest.raises(UserError, match=r"can't look for duplicates: .*a\.wav"):
        exported(corpus, tmp_path / "out")


def test_without_splits_nothing_is_decoded(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeled(corpus, written(tmp_path / "audio/a.wav", tone(1.0)))
    labeled(corpus, written(tmp_path / "audio/b.wav", tone(1.0, 300.0)))
    monkeypatch.setattr("asrlab.audio.decode.opened_audio", lambda *_, **__: pytest.fail("decoded"))
    assert export(corpus.catalog, request_of("nemo", tmp_path / "out")).num_utterances == 2
