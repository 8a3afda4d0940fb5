"""Kaldi's own readers, Lhotse's and ours see the data directory that we mean."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import kaldi_native_io
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from lhotse.kaldi import load_kaldi_data_dir

from asrlab.errors import OptionError, UserError
from asrlab.export.formats.kaldi import FORMATS
from asrlab.export.formats.protocol import Place
from asrlab.export.utterances import LabeledRecording, Utterance
from asrlab.ingest.manifests.kaldi import read_kaldi
from asrlab.ingest.manifests.rows import Line
from tests.datasets import RATE_HZ, Clipped, MemoryDataSet, clipped, recording, utterance
from tests.unit.export.conftest import everything
from tests.unit.export.formats.hard_texts import HARD_TEXTS, texts

KALDI, ESPNET = FORMATS
LISTS = ["segments", "spk2utt", "text", "utt2lang", "utt2spk", "wav.scp"]


def flac(folder: Path, name: str, samples: np.ndarray, *said: Utterance) -> LabeledRecording:
    """A recording that Kaldi can't read; samples: int16, (samples,) or (samples, channels)."""
    held = recording(folder, f"{name}.wav", 1.0, *said)
    path = folder / f"{name}.flac"
    soundfile.write(path, samples, RATE_HZ)
    stat = path.stat()
    source = replace(
        held.source,
        uri=str(path),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        num_samples=len(samples),
        num_channels=samples.ndim,
    )
    return replace(held, source=source)


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9000, 9000, shape, dtype=np.int16)


def waves(folder: Path) -> dict[str, np.ndarray]:
    """What Kaldi reads through wav.scp, by recording: int16 values of shape (samples,)."""
    with kaldi_native_io.SequentialWaveReader(f"scp:{folder / 'wav.scp'}") as reader:
        # Copied: the reader takes its memory back.
        return {key: wave.data.numpy()[0].copy() for key, wave in reader}


def lines(folder: Path, name: str) -> list[list[str]]:
    return [line.split(" ", 1) for line in (folder / name).read_text(encoding="utf-8").split("\n")[:-1]]


def assert_sorted_as_kaldi_checks(folder: Path) -> None:
    """What utils/validate_data_dir.sh looks at."""
    for path in folder.iterdir():
        if path.is_file():
            subprocess.run(["sort", "-c", "-u", path], env={"LC_ALL": "C"}, check=True)
    subprocess.run(["sort", "-c", "-k2", folder / "utt2spk"], env={"LC_ALL": "C"}, check=True)
    utterances = [key for key, _ in lines(folder, "utt2spk")]
    for path in folder.glob("utt2*"):
        assert [key for key, _ in lines(folder, path.name)] == utterances
    assert [key for key, _ in lines(folder, "text")] == utterances
    assert [key for _, keys in lines(folder, "spk2utt") for key in keys.split()] == utterances
    spoken = [(key, speaker) for speaker, keys in lines(folder, "spk2utt") for key in keys.split()]
    assert [tuple(line) for line in lines(folder, "utt2spk")] == spoken


def test_lhotse_reads_the_directory(tmp_path: Path) -> None:
    held = [
        recording(tmp_path, "b.wav", 3.0, utterance(0.5, 1.25, "hello \n world"), utterance(2, 3, "ça va")),
        recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "bye", speaker="Anna B", language=None)),
    ]
    out = tmp_path / "out"
    out.mkdir()
    written = KALDI.write(MemoryDataSet(held), out)
    recordings, supervisions, _ = load_kaldi_data_dir(out, RATE_HZ)
    assert supervisions is not None
    assert {each.text: (each.start, each.end, each.language) for each in supervisions} == {
        "hello world": (0.5, 1.25, "en"),
        "ça va": (2.0, 3.0, "en"),
        "bye": (0.0, 1.0, "und"),
    }
    assert {each.sources[0].source for each in recordings} == {one.source.uri for one in held}
    assert sorted(path.name for path in written) == sorted(everything(out)) == LISTS
    assert written[0].name == "wav.scp"


SPEAKERS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "a-b", "a.b", "a_b", "ab", "A", "\u00e9", "zo\u00eb 1", "0" * 16]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)


@given(speakers=st.lists(SPEAKERS, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_files_are_sorted_as_kaldi_checks_and_name_the_same_utterances(
    tmp_path_factory: pytest.TempPathFactory, speakers: list[str | None]
) -> None:
    folder = tmp_path_factory.mktemp("kaldi")
    (folder / "out").mkdir()
    held = [
        recording(
            folder,
            f"{part}.wav",
            0.5,
            *(
                utterance(index / 100, (index + 1) / 100, "x", speaker=speaker, channel=index % 2 or None)
                for index, speaker in enumerate(speakers[part::2])
            ),
            channels=2,
        )
        for part in range(2)
    ]
    KALDI.write(MemoryDataSet(held), folder / "out")
    assert_sorted_as_kaldi_checks(folder / "out")
    assert len(lines(folder / "out", "text")) == len(speakers)


def test_audio_that_kaldi_cannot_read_is_converted_sample_for_sample(tmp_path: Path) -> None:
    samples = noise(1, RATE_HZ)
    out = tmp_path / "out"
    out.mkdir()
    written = KALDI.write(MemoryDataSet([flac(tmp_path, "a", samples, utterance(0, 1, "x"))]), out)
    (wave,) = waves(out).values()
    assert np.array_equal(wave, samples)
    assert written[-1].parent == out / "wav"


def test_every_channel_and_the_mean_are_recordings_of_their_own(tmp_path: Path) -> None:
    samples = noise(2, RATE_HZ, 2) // 2 * 2
    said = [
        utterance(0, 1, text, channel=channel) for text, channel in (("all", None), ("left", 0), ("right", 1))
    ]
    out = tmp_path / "out"
    out.mkdir()
    KALDI.write(MemoryDataSet([flac(tmp_path, "call", samples, *said)]), out)
    recording_of = {key: value.split()[0] for key, value in lines(out, "segments")}
    heard = waves(out)
    by_text = {text: heard[recording_of[key]] for key, text in lines(out, "text")}
    assert np.array_equal(by_text["left"], samples[:, 0])
    assert np.array_equal(by_text["right"], samples[:, 1])
    assert np.allclose(by_text["all"], samples.mean(axis=1), atol=1)


@pytest.mark.parametrize("name", ["a b.wav", "pipe|.wav", "new\u2028line.wav"])
def test_a_path_that_kaldi_would_misread_is_copied(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    KALDI.write(MemoryDataSet([recording(tmp_path, name, 1.0, utterance(0, 1, "x"))]), out)
    (wave,) = waves(out).values()
    assert len(wave) == RATE_HZ


def test_a_folder_that_kaldi_cannot_name_is_refused_where_audio_must_go_there(tmp_path: Path) -> None:
    out = tmp_path / "my data"
    out.mkdir()
    held = flac(tmp_path, "a", noise(1, RATE_HZ), utterance(0, 1, "x"))
    with pytest.raises(OptionError, match="another --out"):
        KALDI.write(MemoryDataSet([held]), out)
    assert everything(out) == {}


def test_converted_audio_is_kept_when_it_is_whole_and_swept_when_it_is_stale(tmp_path: Path) -> None:
    held = [flac(tmp_path, name, noise(ord(name), RATE_HZ), utterance(0, 1, name)) for name in "ab"]
    out = tmp_path / "out"
    out.mkdir()
    KALDI.write(MemoryDataSet(held), out)
    inodes = {path.name: path.stat().st_ino for path in (out / "wav").iterdir()}
    (out / "wav" / "mine.wav").write_bytes(b"kept")
    before = everything(out)
    KALDI.write(MemoryDataSet(held), out)
    assert everything(out) == before
    assert {name: (out / "wav" / name).stat().st_ino for name in inodes} == inodes
    KALDI.write(MemoryDataSet(held[:1]), out)
    assert len(list((out / "wav").iterdir())) == 2
    assert (out / "wav" / "mine.wav").read_bytes() == b"kept"


def test_audio_that_changed_is_not_converted(tmp_path: Path) -> None:
    held = flac(tmp_path, "a", noise(1, RATE_HZ), utterance(0, 1, "x"))
    soundfile.write(held.source.uri, noise(2, 2 * RATE_HZ), RATE_HZ)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(UserError, match="holds other audio"):
        KALDI.write(MemoryDataSet([held]), out)
    assert [name for name in everything(out) if not name.startswith("wav/")] == []


def test_a_recording_too_long_for_a_wav_is_refused_by_name(tmp_path: Path) -> None:
    held = flac(tmp_path, "a", noise(1, RATE_HZ), utterance(0, 1, "x"))
    held = replace(held, source=replace(held.source, num_samples=1 << 31))
    with pytest.raises(OptionError, match=r"a\.flac is too long"):
        KALDI.write(MemoryDataSet([held]), tmp_path)


def test_a_portable_directory_is_read_wherever_it_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    held = recording(tmp_path, "a b.wav", 1.0, utterance(0, 1, "x"))
    samples, _ = soundfile.read(held.source.uri, dtype="int16")
    KALDI.write(MemoryDataSet([held], is_portable=True), out)
    moved = Path(shutil.move(out, tmp_path / "moved"))
    monkeypatch.chdir(moved)
    (wave,) = waves(moved).values()
    assert np.array_equal(wave, samples)
    assert str(tmp_path) not in (moved / "wav.scp").read_text()


def test_each_clip_is_a_recording_and_needs_no_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    held = recording(tmp_path, "a.wav", 2.0, utterance(0, 0.5, "one"), utterance(0.5, 2, "two"))
    data = clipped(out, held)
    KALDI.write(replace(data, audio=MemoryDataSet([held]).audio, is_portable=False), out)
    KALDI.write(data, out)
    monkeypatch.chdir(out)
    assert not (out / "segments").exists()
    assert sorted(len(wave) for wave in waves(out).values()) == [RATE_HZ // 2, RATE_HZ * 3 // 2]
    assert list(waves(out)) == [key for key, _ in lines(out, "text")]
    _, supervisions, _ = load_kaldi_data_dir(out, RATE_HZ)
    assert supervisions is not None
    assert {each.text: each.duration for each in supervisions} == {"one": 0.5, "two": 1.5}


class FlacClips(Clipped):
    def place(self, recording: LabeledRecording, utterance: Utterance) -> Place:
        return Place(super().place(recording, utterance).path.replace(".wav", ".flac"), 0.0)


def test_clips_that_kaldi_cannot_read_are_refused_and_given_to_espnet(tmp_path: Path) -> None:
    out = tmp_path / "out"
    held = recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x"))
    data = replace(clipped(out, held), audio=FlacClips(out))
    with pytest.raises(OptionError, match="--clips wav"):
        KALDI.write(data, out)
    ESPNET.write(data, out)
    assert lines(out, "wav.scp")[0][1].endswith(".flac")


def test_languages_are_written_when_one_is_known(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    known, unknown = (
        recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x", language=language))
        for language in ("pt-BR", None)
    )
    ESPNET.write(MemoryDataSet([known]), out)
    assert [language for _, language in lines(out, "utt2lang")] == ["pt-BR"]
    ESPNET.write(MemoryDataSet([unknown]), out)
    assert not (out / "utt2lang").exists()


def test_what_we_import_is_what_we_exported(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    said = utterance(0.25, 1.5, "olá mundo", speaker="anna", language="pt-BR")
    KALDI.write(MemoryDataSet([recording(tmp_path, "a.wav", 2.0, said)]), out)
    (line,) = read_kaldi(out / "wav.scp", "wav.scp")
    assert isinstance(line, Line)
    reference = line.reference
    assert (reference.start, reference.end, reference.text) == (0.25, 1.5, "olá mundo")
    assert (reference.speaker, reference.prompt.language) == ("anna", "pt-BR")


@given(text=texts.filter(lambda text: not re.search("</?s>|#0", text)))
@settings(max_examples=50, deadline=None)
def test_a_text_comes_through_but_for_its_white_space(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("kaldi")
    held = recording(folder, "a.wav", 0.01, utterance(0, 0.01, text))
    KALDI.write(MemoryDataSet([held]), folder)
    with kaldi_native_io.SequentialTokenVectorReader(f"ark:{folder / 'text'}") as reader:
        ((_, words),) = list(reader)
    assert words == text.split()


@pytest.mark.parametrize("text", ["<s> a", "a (</s>)", "#0"])
def test_a_symbol_of_kaldis_own_is_refused_by_name(tmp_path: Path, text: str) -> None:
    held = recording(tmp_path, "a.wav", 1.0, utterance(0.5, 1, text))
    with pytest.raises(OptionError, match=r"0\.5 s of .*a\.wav: .* symbol of its own to Kaldi"):
        KALDI.write(MemoryDataSet([held]), tmp_path)


def test_perl_finds_no_white_space_in_hard_texts_but_spaces(tmp_path: Path) -> None:
    """As utils/validate_text.pl looks for it."""
    said = [utterance(index, index + 1, text) for index, text in enumerate(HARD_TEXTS)]
    KALDI.write(MemoryDataSet([recording(tmp_path, "a.wav", len(said), *said)]), tmp_path)
    script = r'use feature "unicode_strings"; while (<>) { s/[ \n]//g; exit 1 if /\s/ }'
    subprocess.run(["perl", "-CSD", "-e", script, tmp_path / "text"], check=True)
    assert len(lines(tmp_path, "text")) == len(HARD_TEXTS)
