"""Kaldi's own readers, and Lhotse's, see the data directory that we mean."""

import subprocess
from pathlib import Path

import kaldi_native_io
import numpy as np
import pytest
import soundfile
from lhotse.kaldi import load_kaldi_data_dir

from asrlab.errors import OptionError, UserError
from asrlab.export import export
from tests.factories import RATE_HZ, tone, write_tone
from tests.unit.export.conftest import Corpus, Said, everything

FILES = ["segments", "spk2utt", "text", "utt2spk", "wav.scp"]


def waves(folder: Path) -> dict[str, np.ndarray]:
    """What Kaldi reads through wav.scp, by recording: int16 values of shape (samples,)."""
    with kaldi_native_io.SequentialWaveReader(f"scp:{folder / 'wav.scp'}") as reader:
        # Copied: the reader takes its memory back.
        return {key: wave.data.numpy()[0].copy() for key, wave in reader}


def lines(folder: Path, name: str) -> list[list[str]]:
    return [line.split(" ", 1) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def test_lhotse_reads_the_directory(corpus: Corpus, tmp_path: Path) -> None:
    corpus.label(write_tone(tmp_path / "b.wav", 3.0), Said(0.5, 1.25, "hello \n world"), Said(2, 3, "ça va"))
    corpus.label(write_tone(tmp_path / "a.wav", 1.0, 300), Said(0, 1, "bye"))
    folder, count = export(corpus.catalog, "kaldi", tmp_path / "out")
    recordings, supervisions, _ = load_kaldi_data_dir(folder, RATE_HZ)
    assert supervisions is not None
    assert count == len(supervisions) == 3
    assert {each.text: (each.start, each.end) for each in supervisions} == {
        "hello world": (0.5, 1.25),
        "ça va": (2.0, 3.0),
        "bye": (0.0, 1.0),
    }
    assert {recording.sources[0].source for recording in recordings} == {
        str(tmp_path / "a.wav"),
        str(tmp_path / "b.wav"),
    }
    assert sorted(everything(folder)) == FILES


def test_files_are_sorted_as_kaldi_checks_and_name_the_same_utterances(
    corpus: Corpus, tmp_path: Path
) -> None:
    segments = []
    for index in range(12):
        path = write_tone(tmp_path / f"{index}.wav", 1.0, 200 + index)
        segments += corpus.label(path, Said(0, 0.5, "a"), Said(0.5, 1, "b"))
    folder, _ = export(corpus.catalog, "kaldi", tmp_path / "out")
    for name in FILES:
        subprocess.run(["sort", "-c", "-u", folder / name], env={"LC_ALL": "C"}, check=True)
    utterances = [key for key, _ in lines(folder, "text")]
    assert len(utterances) == len(segments)
    assert [key for key, _ in lines(folder, "utt2spk")] == utterances
    assert [key for key, _ in lines(folder, "segments")] == utterances
    assert [key for _, keys in lines(folder, "spk2utt") for key in keys.split()] == utterances
    speakers = [speaker for _, speaker in lines(folder, "utt2spk")]
    assert speakers == sorted(speakers, key=str.encode)


def test_audio_that_kaldi_cannot_read_is_converted_sample_for_sample(corpus: Corpus, tmp_path: Path) -> None:
    samples = (tone(1.0) * 32767).astype(np.int16)
    soundfile.write(tmp_path / "a.flac", samples, RATE_HZ)
    corpus.label(tmp_path / "a.flac", Said(0, 1, "x"))
    folder, _ = export(corpus.catalog, "kaldi", tmp_path / "out")
    (wave,) = waves(folder).values()
    assert np.array_equal(wave, samples)


def test_every_channel_and_the_mean_are_recordings_of_their_own(corpus: Corpus, tmp_path: Path) -> None:
    left, right = (np.round(tone(1.0, hz) * 1000) * 2 / 32768 for hz in (200, 300))
    soundfile.write(tmp_path / "call.wav", np.stack([left, right], axis=1), RATE_HZ)
    corpus.label(
        tmp_path / "call.wav",
        Said(0, 1, "all"),
        Said(0, 1, "left", channel=0),
        Said(0, 1, "right", channel=1),
    )
    folder, _ = export(corpus.catalog, "kaldi", tmp_path / "out")
    heard = waves(folder)
    said = {key.rpartition("-")[0]: text for key, text in lines(folder, "text")}
    by_text = {said[key]: wave / 32768 for key, wave in heard.items()}
    for text, expected in {"all": (left + right) / 2, "left": left, "right": right}.items():
        assert np.allclose(by_text[text], expected, atol=1 / 32768), text


@pytest.mark.parametrize("name", ["a b.wav", "pipe|.wav", "place:12", "new\u2028line.wav"])
def test_a_path_that_kaldi_would_misread_is_copied(corpus: Corpus, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, tone(1.0), RATE_HZ, format="WAV")
    corpus.label(path, Said(0, 1, "x"))
    folder, _ = export(corpus.catalog, "kaldi", tmp_path / "out")
    (wave,) = waves(folder).values()
    assert len(wave) == RATE_HZ


def test_a_folder_that_kaldi_cannot_name_is_refused_where_audio_must_go_there(
    corpus: Corpus, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "a.flac", tone(1.0), RATE_HZ)
    corpus.label(tmp_path / "a.flac", Said(0, 1, "x"))
    with pytest.raises(OptionError, match="another --out"):
        export(corpus.catalog, "kaldi", tmp_path / "my data")


def test_converted_audio_is_kept_when_it_is_whole_and_swept_when_it_is_stale(
    corpus: Corpus, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.flac", tone(1.0, 200 + ord(name)), RATE_HZ)
        corpus.label(tmp_path / f"{name}.flac", Said(0, 1, name))
    folder, _ = export(corpus.catalog, "kaldi", tmp_path / "out")
    wavs = sorted((folder / "wav").iterdir())
    inodes = {path.name: path.stat().st_ino for path in wavs}
    (folder / "wav" / "mine.wav").write_bytes(b"kept")
    before = everything(folder)
    export(corpus.catalog, "kaldi", folder)
    assert everything(folder) == before
    assert {path.name: path.stat().st_ino for path in wavs} == inodes
    export(corpus.catalog, "kaldi", folder, "text = 'a'")
    assert len(list((folder / "wav").iterdir())) == 2
    assert (folder / "wav" / "mine.wav").read_bytes() == b"kept"


def test_audio_that_changed_is_not_converted(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(1.0), RATE_HZ)
    corpus.label(path, Said(0, 1, "x"))
    soundfile.write(path, tone(2.0, 300), RATE_HZ)
    with pytest.raises(UserError, match="holds other audio"):
        export(corpus.catalog, "kaldi", tmp_path / "out")
    assert everything(tmp_path / "out") == {}
