"""Audio as exports lay it out: named, copied or cut, each by what another library reads from it."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asrlab import stopping
from asrlab.audio.read import read_spans
from asrlab.audio.remote.policy import FetchPolicy, current_policy, use_policy
from asrlab.errors import InputNotFoundError, OptionError, StoppedError, UserError
from asrlab.export import placing
from asrlab.export.audio import ClippedAudio, ClipSpec, CopiedAudio, ReferencedAudio, check_audio
from asrlab.export.placing import in_parallel
from asrlab.export.utterances import LabeledRecording, Utterance
from tests.datasets import recording, utterance

URL = "https://example.org/sound/A.WAV?key=1"


def clipped(out: Path, spec: ClipSpec | None = None, *, portable: bool = True) -> ClippedAudio:
    return ClippedAudio(out, "clips", spec or ClipSpec(), portable=portable)


def cut(out: Path, spec: ClipSpec, *recordings: LabeledRecording) -> ClippedAudio:
    audio = clipped(out, spec)
    audio.prepare(iter(recordings))
    return audio


def read(audio: ClippedAudio, of: LabeledRecording, one: Utterance, dtype: str = "float32") -> np.ndarray:
    samples, rate = soundfile.read(audio.file(of, one), dtype=dtype, always_2d=True)
    assert rate == audio.sampling_rate(of)
    return np.asarray(samples)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells a file that was written anew from one that was left."""
    found = ((path.name, path.stat()) for path in folder.iterdir())
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found}


def damage(path: Path) -> None:
    """Other bytes of the same number."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.write_bytes(data)


def at_url(one: LabeledRecording, cache: Path) -> LabeledRecording:
    """The recording as if it lay at a URL, from which it was fetched before."""
    source = one.source
    copy = cache / source.content_hash[:2] / f"{source.content_hash}.wav"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(Path(source.uri).read_bytes())
    return replace(one, source=replace(source, uri=URL))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    before = current_policy()
    use_policy(FetchPolicy(cache_dir=tmp_path / "cache"))
    yield tmp_path / "cache"
    use_policy(before)


# Where it lies


def test_referenced_audio_is_named_where_it_lies(tmp_path: Path) -> None:
    one = utterance(0.5, 1, "x")
    here = recording(tmp_path, "a.wav", 1.0, one, channels=2, rate_hz=44_100)
    audio = ReferencedAudio()
    audio.prepare(iter([here]))
    audio.sweep()
    assert audio.place(here, one) == (str(tmp_path / "a.wav"), 0.5)
    assert audio.whole(here) == str(tmp_path / "a.wav")
    facts = (audio.sampling_rate(here), audio.num_channels(here), audio.num_samples(here, one))
    assert facts == (44_100, 2, 44_100)
    assert audio.whole(replace(here, source=replace(here.source, uri=URL))) == URL


# Copied


def test_a_copy_has_the_bytes_of_its_file_and_a_path_within_the_folder(tmp_path: Path) -> None:
    one = utterance(0.5, 1, "x")
    both = [
        recording(tmp_path, "a.FLAC", 1.0, one, channels=2, rate_hz=44_100),
        recording(tmp_path, "b.wav", 1.0),
    ]
    audio = CopiedAudio(tmp_path / "out")
    audio.prepare(iter(both))
    names = [f"audio/{both[0].key}.flac", f"audio/{both[1].key}.wav"]
    assert everything(tmp_path / "out") == {
        name: Path(one.source.uri).read_bytes() for name, one in zip(names, both, strict=True)
    }
    assert audio.place(both[0], one) == (names[0], 0.5)
    facts = (audio.sampling_rate(both[0]), audio.num_channels(both[0]), audio.num_samples(both[0], one))
    assert facts == (44_100, 2, 44_100)


def test_what_a_url_holds_is_copied_with_its_suffix(tmp_path: Path, cache: Path) -> None:
    there = at_url(recording(tmp_path, "a.wav", 0.2), cache)
    audio = CopiedAudio(tmp_path / "out")
    audio.prepare(iter([there]))
    assert audio.whole(there) == f"audio/{there.key}.wav"
    assert (tmp_path / "out" / audio.whole(there)).read_bytes() == (tmp_path / "a.wav").read_bytes()


@pytest.mark.parametrize("uri", ["/a/no suffix", "/a/b.$x", "/a/b.мп3", "/a/b.averylongsuffix", "/a.wav/b"])
def test_a_suffix_that_is_none_is_left_out(tmp_path: Path, uri: str) -> None:
    one = recording(tmp_path, "a.wav", 0.1)
    named = replace(one, source=replace(one.source, uri=uri))
    assert CopiedAudio(tmp_path / "out").whole(named) == f"audio/{one.key}"


def test_a_copy_that_is_there_is_left_and_a_damaged_one_mended(tmp_path: Path) -> None:
    both = [recording(tmp_path, "a.wav", 0.2), recording(tmp_path, "b.wav", 0.2)]
    audio = CopiedAudio(tmp_path / "out")
    audio.prepare(iter(both))
    before = marks(tmp_path / "out" / "audio")
    good, bad = (tmp_path / "out" / audio.whole(one) for one in both)
    damage(bad)
    CopiedAudio(tmp_path / "out").prepare(iter(both))
    assert marks(tmp_path / "out" / "audio")[good.name] == before[good.name]
    assert bad.read_bytes() == Path(both[1].source.uri).read_bytes()


def test_a_file_that_changes_unnoticed_is_not_copied(tmp_path: Path) -> None:
    one = recording(tmp_path, "a.wav", 0.2)
    damage(tmp_path / "a.wav")
    os.utime(tmp_path / "a.wav", ns=(one.source.mtime_ns, one.source.mtime_ns))
    with pytest.raises(UserError, match=r"can't copy a recording: .*a\.wav holds other audio"):
        CopiedAudio(tmp_path / "out").prepare(iter([one]))
    assert everything(tmp_path / "out") == {}


def test_copies_of_former_exports_are_swept(tmp_path: Path) -> None:
    old, new = recording(tmp_path, "a.wav", 0.2), recording(tmp_path, "b.wav", 0.2)
    audio = CopiedAudio(tmp_path / "out")
    audio.prepare(iter([old]))
    folder = tmp_path / "out" / "audio"
    for name in (f".{old.key}.wav.1f_7a", "mine.wav", f"{old.key}.wav.txt"):
        (folder / name).write_bytes(b"x")
    again = CopiedAudio(tmp_path / "out")
    again.prepare(iter([new]))
    again.sweep()
    assert sorted(os.listdir(folder)) == sorted([f"{new.key}.wav", "mine.wav", f"{old.key}.wav.txt"])


# Clips


def test_a_clip_of_16_bit_16_khz_audio_is_equal_bit_for_bit(tmp_path: Path) -> None:
    one = utterance(0.301, 1.507, "x")
    here = recording(tmp_path, "a.wav", 2.0, one)
    audio = cut(tmp_path / "out", ClipSpec(), here)
    whole, _ = soundfile.read(here.source.uri, dtype="int16")
    assert np.array_equal(read(audio, here, one, "int16")[:, 0], whole[301 * 16 : 1507 * 16])


@pytest.mark.parametrize(("name", "rate_hz"), [("a.wav", 44_100), ("a.flac", 8_000), ("a.ogg", 48_000)])
@pytest.mark.parametrize("container", ["wav", "flac"])
def test_a_clip_is_what_the_engine_heard(tmp_path: Path, name: str, rate_hz: int, container: str) -> None:
    both, right = utterance(0.25, 1.001, "all"), utterance(1.2, 2.0, "right", channel=1)
    path = tmp_path / name
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, (2 * rate_hz, 2)), rate_hz)
    stat = path.stat()
    plain = recording(tmp_path, "x.wav", 0.1, both, right)
    source = replace(
        plain.source,
        uri=str(path),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        num_samples=2 * rate_hz,
        sampling_rate=rate_hz,
        num_channels=2,
    )
    here = replace(plain, source=source)
    audio = cut(tmp_path / "out", ClipSpec(container), here)
    for one, channel in ((both, None), (right, 1)):
        (heard,) = read_spans(path, [one.span], channel=channel)
        clip = read(audio, here, one)
        assert clip.shape == (len(heard), 1)
        assert np.abs(clip[:, 0] - heard).max() <= 1 / 32768


def test_clips_hold_the_channels_asked_for(tmp_path: Path) -> None:
    whole_one, left_one = utterance(0.5, 1.5, "x"), utterance(0.5, 1.5, "y", channel=0)
    here = recording(tmp_path, "a.wav", 2.0, whole_one, left_one, channels=2)
    samples = soundfile.read(here.source.uri, dtype="int16")[0][8000:24_000]
    found = {
        (channel, one.text): read(audio, here, one, "int16")
        for channel in ("all", 1)
        for audio in [cut(tmp_path / str(channel), ClipSpec("flac", channel=channel), here)]
        for one in (whole_one, left_one)
    }
    for text in "xy":
        assert np.array_equal(found["all", text], samples)
        assert np.array_equal(found[1, text], samples[:, 1:])


spans = st.tuples(st.integers(0, 1998), st.integers(1, 700)).map(
    lambda drawn: (drawn[0], min(drawn[0] + drawn[1], 2000))
)
specs = st.builds(
    ClipSpec,
    st.sampled_from(["wav", "flac", "opus"]),
    st.sampled_from([8_000, 16_000, 24_000, 48_000]),
    st.sampled_from(["mix", "all", 0]),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(spans, min_size=1, max_size=3, unique=True), spec=specs)
def test_what_is_told_of_a_clip_is_what_it_holds(
    tmp_path: Path, spans: list[tuple[int, int]], spec: ClipSpec
) -> None:
    # The last sample of 88 179 lies a part of a millisecond before 2 s.
    utterances = tuple(utterance(start / 1000, end / 1000, "x") for start, end in sorted(spans))
    here = recording(tmp_path, "a.flac", 88_179 / 44_100, *utterances, channels=2, rate_hz=44_100)
    audio = cut(tmp_path / "out", spec, here)
    for one in utterances:
        info = soundfile.info(audio.file(here, one))
        told = (audio.num_samples(here, one), audio.num_channels(here), audio.sampling_rate(here))
        assert told == (info.frames, info.channels, info.samplerate)


def test_an_opus_clip_read_at_48_khz_is_three_times_as_long(tmp_path: Path) -> None:
    one = utterance(0.1, 0.777, "x")
    here = recording(tmp_path, "a.wav", 1.0, one)
    audio = cut(tmp_path / "out", ClipSpec("opus"), here)
    with av.open(str(audio.file(here, one))) as container:
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    assert decoded == 3 * audio.num_samples(here, one)


def test_paths_are_absolute_unless_portable(tmp_path: Path) -> None:
    one = utterance(0, 1, "x", channel=1)
    here = recording(tmp_path, "a.wav", 1.0, one, channels=2)
    name = f"{here.key}-00000000-00001000-c1.opus"
    spec = ClipSpec("opus")
    assert clipped(tmp_path / "out", spec).place(here, one) == (f"clips/{name}", 0.0)
    path = str(tmp_path / "out" / "clips" / name)
    assert clipped(tmp_path / "out", spec, portable=False).place(here, one) == (path, 0.0)
    assert clipped(tmp_path / "out", spec).file(here, one) == Path(path)


@pytest.mark.parametrize("container", ["wav", "flac", "opus"])
def test_two_exports_have_the_same_bytes(tmp_path: Path, container: str) -> None:
    utterances = [utterance(start / 10, start / 10 + 0.4, "x") for start in range(10)]
    here = [
        recording(tmp_path, f"{name}.wav", 2.0, *utterances, channels=2, rate_hz=44_100) for name in "abc"
    ]
    for out in ("one", "two"):
        cut(tmp_path / out, ClipSpec(container, channel="all"), *here)
    assert len(everything(tmp_path / "one")) == 30
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_a_repeated_export_rewrites_no_wav_and_mends_a_cut_one(tmp_path: Path) -> None:
    utterances = [utterance(0, 0.777, "one"), utterance(0.777, 1.7, "two")]
    here = [recording(tmp_path, f"{rate}.wav", 1.7, *utterances, rate_hz=rate) for rate in (16_000, 11_025)]
    cut(tmp_path / "out", ClipSpec(), *here)
    before, first = everything(tmp_path / "out"), marks(tmp_path / "out" / "clips")
    cut(tmp_path / "out", ClipSpec(), *here)
    assert marks(tmp_path / "out" / "clips") == first
    clip = tmp_path / "out" / "clips" / min(first)
    clip.write_bytes(clip.read_bytes()[:1000])
    cut(tmp_path / "out", ClipSpec(), *here)
    assert everything(tmp_path / "out") == before


#          the same name, and the same size
@pytest.mark.parametrize(
    ("former", "wanted"),
    [
        (ClipSpec(channel="mix"), ClipSpec(channel=1)),
        (ClipSpec(channel=0), ClipSpec(channel="mix")),
        (ClipSpec(channel="all", sampling_rate=8_000), ClipSpec(channel=0)),
        (ClipSpec(channel=0), ClipSpec(channel="all", sampling_rate=8_000)),
        (ClipSpec("flac", channel=0), ClipSpec("flac", channel=1)),
    ],
)
def test_a_clip_of_another_kind_is_not_taken_for_the_one_wanted(
    tmp_path: Path, former: ClipSpec, wanted: ClipSpec
) -> None:
    here = recording(tmp_path, "a.wav", 1.0, utterance(0.2, 0.8, "x"), channels=2)
    cut(tmp_path / "anew", wanted, here)
    cut(tmp_path / "out", former, here)
    cut(tmp_path / "out", wanted, here)
    assert everything(tmp_path / "out") == everything(tmp_path / "anew")


def test_stale_clips_and_what_a_killed_export_left_are_swept(tmp_path: Path) -> None:
    one, two = utterance(0, 1, "one"), utterance(1, 2, "two")
    here = recording(tmp_path, "a.wav", 2.0, one, two)
    cut(tmp_path / "out", ClipSpec(), here)
    clips = tmp_path / "out" / "clips"
    stale = f"{here.key}-00001000-00002000"
    for name in (f".{stale}.wav.ab12_x9", f"{stale}-c1.opus", f"{stale}.wav.bak", "mine.wav"):
        (clips / name).write_bytes(b"x")
    (clips / f"{stale}.flac").mkdir()
    audio = clipped(tmp_path / "out")
    audio.prepare(iter([replace(here, utterances=(one,))]))
    assert (clips / f"{stale}.wav").exists()
    audio.sweep()
    kept = {f"{here.key}-00000000-00001000.wav", f"{stale}.wav.bak", "mine.wav", f"{stale}.flac"}
    assert set(os.listdir(clips)) == kept


def test_what_several_calls_prepared_is_not_swept(tmp_path: Path) -> None:
    here = [recording(tmp_path, f"{name}.wav", 1.0, utterance(0, 1, "x")) for name in "ab"]
    audio = clipped(tmp_path / "out")
    for one in here:
        audio.prepare(iter([one]))
    audio.sweep()
    assert len(everything(tmp_path / "out")) == 2


def test_nothing_to_sweep_is_no_error(tmp_path: Path) -> None:
    clipped(tmp_path / "out").sweep()
    CopiedAudio(tmp_path / "out").sweep()


def test_clips_of_a_url_are_cut(tmp_path: Path, cache: Path) -> None:
    one = utterance(0.1, 0.5, "x")
    there = at_url(recording(tmp_path, "a.wav", 1.0, one), cache)
    audio = cut(tmp_path / "out", ClipSpec(), there)
    assert len(read(audio, there, one)) == 6400


def test_a_clip_may_be_read_by_whoever_may_read_the_folder(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        one = utterance(0, 1, "x")
        here = recording(tmp_path, "a.wav", 1.0, one)
        audio = cut(tmp_path / "out", ClipSpec(), here)
        assert audio.file(here, one).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


# What goes wrong


def test_audio_that_changed_is_named_and_half_a_clip_is_left_nowhere(tmp_path: Path) -> None:
    here = [recording(tmp_path, f"{name}.wav", 1.0, utterance(0, 1, "x")) for name in "ab"]
    recording(tmp_path / "other", "b.wav", 2.0)
    (tmp_path / "other" / "b.wav").rename(tmp_path / "b.wav")
    with pytest.raises(UserError, match=r"can't cut a clip: .*b\.wav holds other audio") as raised:
        cut(tmp_path / "out", ClipSpec(), *here)
    assert len(str(raised.value).splitlines()) == 1
    assert not [name for name in everything(tmp_path / "out") if Path(name).name.startswith(".")]


def test_a_file_shorter_than_the_catalog_says_gives_no_shorter_clip(tmp_path: Path) -> None:
    # Its size and time are as they were: another decoder found more in it.
    here = recording(tmp_path, "a.wav", 1.0, utterance(0.5, 1.5, "x"))
    longer = replace(here, source=replace(here.source, num_samples=32_000))
    with pytest.raises(UserError, match=r"a\.wav ends before 1\.500 s"):
        cut(tmp_path / "out", ClipSpec(), longer)


def test_audio_that_is_no_audio_any_more_is_named_after_its_url(tmp_path: Path, cache: Path) -> None:
    there = at_url(recording(tmp_path, "a.wav", 1.0, utterance(0, 1, "x")), cache)
    for copy in cache.rglob("*.wav"):
        copy.write_bytes(b"\0" * copy.stat().st_size)
    with pytest.raises(UserError, match=r"can't cut a clip: https://example\.org/sound/A\.WAV\?key=1"):
        cut(tmp_path / "out", ClipSpec(), there)


@pytest.mark.parametrize(
    ("spec", "channels", "why"),
    [
        (ClipSpec(channel=2), 2, r"a\.wav has 2 channel\(s\), so there is no channel 2"),
        (ClipSpec("opus", channel="all"), 3, r"a\.wav has 3 channels, and clips in OPUS hold 2"),
        (ClipSpec("flac", channel="all"), 9, r"a\.wav has 9 channels, and clips in FLAC hold 8"),
    ],
)
def test_channels_that_cannot_be_are_told_of_the_recording(
    tmp_path: Path, spec: ClipSpec, channels: int, why: str
) -> None:
    here = recording(tmp_path, "a.wav", 0.5, utterance(0, 0.5, "x"), channels=channels)
    with pytest.raises(UserError, match=why):
        cut(tmp_path / "out", spec, here)


def test_an_utterance_without_a_sample_is_named(tmp_path: Path) -> None:
    here = recording(tmp_path, "a.wav", 0.5, utterance(0.5, 0.501, "x"))
    with pytest.raises(UserError, match=r"at 0\.5 s of .*a\.wav: it holds no sample"):
        cut(tmp_path / "out", ClipSpec("opus"), here)


@pytest.mark.parametrize(
    ("container", "rate_hz", "channel", "why"),
    [
        (
            "opus",
            44_100,
            "mix",
            "Opus knows no rate of 44100 Hz: choose one of 8000, 12000, 16000, 24000, 48000",
        ),
        ("wav", 999, "mix", "1000 to 384000 Hz"),
        ("flac", 384_001, "mix", "1000 to 384000 Hz"),
        ("mp3", 16_000, "mix", "wav, flac, opus, not as 'mp3'"),
        ("wav", 16_000, -1, "mix, all or a number from 0, not -1"),
        ("wav", 16_000, "left", "mix, all or a number from 0, not 'left'"),
    ],
)
def test_what_no_clip_can_be_is_refused(container: str, rate_hz: int, channel: int | str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        ClipSpec(container, rate_hz, channel)


@pytest.mark.parametrize("rate_hz", [1000, 384_000])
def test_every_rate_that_is_let_through_can_be_written(tmp_path: Path, rate_hz: int) -> None:
    one = utterance(0, 0.1, "x")
    here = recording(tmp_path, "a.wav", 0.1, one)
    for container in ("wav", "flac"):
        audio = cut(tmp_path / container, ClipSpec(container, rate_hz), here)
        assert len(read(audio, here, one)) == rate_hz // 10


@pytest.mark.parametrize("blocked", ["out", "out/clips"])
def test_a_folder_that_cannot_be_made_is_an_error_of_the_option(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_bytes(b"")
    with pytest.raises(OptionError, match=r"can't write to .*out"):
        cut(tmp_path / "out", ClipSpec(), recording(tmp_path, "a.wav", 0.1))


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    here = recording(tmp_path, "a.wav", 0.5, utterance(0, 0.5, "x"))
    for audio in (clipped(tmp_path / "out"), CopiedAudio(tmp_path / "out")):
        with pytest.raises(OptionError, match=r"can't write to .*: No space left on device"):
            audio.prepare(iter([here]))
    assert everything(tmp_path / "out") == {}


def test_a_stop_leaves_no_half_file_and_the_next_export_goes_on(tmp_path: Path) -> None:
    here = recording(tmp_path, "a.wav", 1.0, *(utterance(i / 10, i / 10 + 0.1, "x") for i in range(10)))
    stopping.ask_to_stop()
    try:
        with pytest.raises(StoppedError):
            CopiedAudio(tmp_path / "out").prepare(iter([here]))
    finally:
        stopping.forget_stop()
    assert everything(tmp_path / "out") == {}
    cut(tmp_path / "out", ClipSpec(), here)
    assert len(everything(tmp_path / "out")) == 10


# Side by side


def test_no_more_items_are_drawn_than_are_in_work() -> None:
    lock = threading.Lock()
    open_items, most = 0, 0

    def items() -> Iterator[int]:
        nonlocal open_items, most
        for item in range(200):
            with lock:
                open_items += 1
                most = max(most, open_items)
            yield item

    def work(_item: int) -> Iterator[None]:
        nonlocal open_items
        yield
        with lock:
            open_items -= 1

    in_parallel(work, items())
    assert open_items == 0
    assert most <= placing.ITEMS_AHEAD * (os.cpu_count() or 1)


def test_the_first_error_ends_what_runs_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    both = threading.Barrier(2, timeout=10)
    left = threading.Event()

    def work(item: str) -> Iterator[None]:
        both.wait()
        if item == "bad":
            raise UserError("bad")
        try:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                time.sleep(0.001)
                yield
        except GeneratorExit:
            left.set()
            raise

    with pytest.raises(UserError, match="bad"):
        in_parallel(work, ["long", "bad"])
    assert left.is_set()


# Is it all there?


def test_audio_that_is_as_it_was_passes(tmp_path: Path) -> None:
    here = [recording(tmp_path, f"{name}.wav", 0.1) for name in "abc"]
    os.utime(tmp_path / "b.wav", ns=(1, 1))
    at = replace(here[2], source=replace(here[2].source, uri=URL))
    check_audio(iter([*here, at]))


def test_gone_and_changed_audio_is_counted_and_named(tmp_path: Path) -> None:
    here = [recording(tmp_path, f"{number}.wav", 0.1) for number in range(6)]
    for number in range(5):
        (tmp_path / f"{number}.wav").unlink()
    damage(tmp_path / "5.wav")
    with pytest.raises(InputNotFoundError) as raised:
        check_audio(iter(here))
    shown = ", ".join(str(tmp_path / f"{number}.wav") for number in range(3))
    assert f"the audio of 5 recording(s) is gone or out of reach ({shown}, …)" in str(raised.value)
    changed = f"the audio of 1 recording(s) has changed since it was ingested ({tmp_path / '5.wav'})"
    assert changed in str(raised.value)


@pytest.mark.parametrize("kind", ["damaged", "longer", "folder"])
def test_changed_audio_is_no_audio_that_is_gone(tmp_path: Path, kind: str) -> None:
    one = recording(tmp_path, "a.wav", 0.1)
    path = tmp_path / "a.wav"
    if kind == "damaged":
        damage(path)
    elif kind == "longer":
        path.write_bytes(path.read_bytes() + b"\0")
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises(OptionError, match=r"1 recording\(s\) has changed since it was ingested \(.*a\.wav\)"):
        check_audio(iter([one]))
