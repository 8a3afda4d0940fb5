"""What the user names is found once, in a steady order, or said not to be there."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from asrlab.domain.reasons import FailureReason
from asrlab.errors import InputNotFoundError
from asrlab.ingest.discover import discover
from asrlab.ingest.found import Discovery
from asrlab.ingest.local import AUDIO_EXTENSIONS


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    r"""The folder that most of these tests look into.

    corpus/  b.wav  A.FLAC  notes.txt  tone.dat  .hidden.wav
             .cache/c.wav
             deep/er/d.mp3
             odd[1]/e*.wav
    """
    top = tmp_path / "corpus"
    for name in [
        *("b.wav", "A.FLAC", "notes.txt", "tone.dat", ".hidden.wav", ".cache/c.wav", "deep/er/d.mp3"),
        "odd[1]/e*.wav",
    ]:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"sound")
    return top


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def names(found: Discovery, top: Path) -> list[str]:
    """The found paths relative to `top`."""
    return [os.path.relpath(file.uri, top) for file in found.files]


def as_nobody(given: str) -> list[str]:
    """What `discover` finds in a child process without root's rights: uris, then reasons with messages."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            found = discover([given])
            lines = [file.uri for file in found.files]
            lines += [f"{place.reason} {place.uri} {place.message}" for place in found.unreadable]
            os.write(writer, "\n".join(lines).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        lines = answer.read().splitlines()
    os.waitpid(child, 0)
    return lines


def test_folder_gives_its_audio_to_any_depth_sorted(tree: Path) -> None:
    found = discover([str(tree)])
    assert names(found, tree) == ["A.FLAC", "b.wav", "deep/er/d.mp3", "odd[1]/e*.wav"]
    assert found.unreadable == ()


def test_file_is_described_as_the_file_system_does(tree: Path) -> None:
    (file,) = discover([str(tree / "b.wav")]).files
    stat = os.stat(tree / "b.wav")
    assert (file.uri, file.size) == (str(tree / "b.wav"), 5)
    assert (file.mtime_ns, file.ctime_ns) == (stat.st_mtime_ns, stat.st_ctime_ns)


def test_named_file_is_taken_whatever_it_is_called(tree: Path) -> None:
    given = [str(tree / name) for name in ("notes.txt", ".hidden.wav", "tone.dat")]
    assert [file.uri for file in discover(given).files] == given


def test_relative_path_becomes_absolute(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert [file.uri for file in discover(["./deep/../b.wav"]).files] == [str(tree / "b.wav")]


def test_home_is_the_users(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree))
    assert names(discover(["~/b.wav", "~/deep/**/*.mp3"]), tree) == ["b.wav", "deep/er/d.mp3"]


def test_same_file_named_twice_appears_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    found = discover(["b.wav", str(tree), "*.wav", "deep", "./b.wav"])
    assert names(found, tree) == ["b.wav", "A.FLAC", "deep/er/d.mp3", "odd[1]/e*.wav"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.wav", ["b.wav"]),
        ("*", ["A.FLAC", "b.wav"]),
        ("[ab].wav", ["b.wav"]),
        ("?.*", ["A.FLAC", "b.wav"]),
        ("**/*.mp3", ["deep/er/d.mp3"]),
        ("**", ["A.FLAC", "b.wav", "deep/er/d.mp3", "odd[1]/e*.wav"]),
        ("d*/**/*", ["deep/er/d.mp3"]),
        ("deep/*/d.mp3", ["deep/er/d.mp3"]),
        ("*.dat", ["tone.dat"]),
        ("*.[dt]*", None),
        (".h*.wav", [".hidden.wav"]),
        (".cache/*", [".cache/c.wav"]),
        # A name that exists is that name, brackets and all.
        ("odd[1]/e*.wav", ["odd[1]/e*.wav"]),
        ("odd[1]/*", ["odd[1]/e*.wav"]),
    ],
)
def test_pattern_gives_audio_and_what_its_suffix_names(
    tree: Path, pattern: str, expected: list[str] | None
) -> None:
    if expected is None:
        with pytest.raises(InputNotFoundError, match="no audio in"):
            discover([str(tree / pattern)])
    else:
        assert names(discover([str(tree / pattern)]), tree) == expected


def test_folder_named_with_brackets_is_a_folder(tree: Path) -> None:
    assert names(discover([str(tree / "odd[1]")]), tree) == ["odd[1]/e*.wav"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("b.wave", r"no such file or folder: .*b\.wave; did you mean .*/corpus/b\.wav\?"),
        ("depe", r"did you mean .*/corpus/deep\?"),
        ("B.WAV", r"did you mean .*/corpus/b\.wav\?"),
        ("deeep/er/d.mp3", r"did you mean .*/corpus/deep\?"),
        ("nothing_like_it_at_all", r"no such file or folder: \S+$"),
        ("*.ogg", r"the pattern \S+\*\.ogg matches nothing"),
        ("missing/*.wav", "matches nothing"),
        ("dee?", "matches only folders"),
        ("b.wav/c.wav", "no such file or folder"),
    ],
)
def test_what_names_nothing_is_said_on_one_line(tree: Path, given: str, message: str) -> None:
    with pytest.raises(InputNotFoundError, match=message) as caught:
        discover([str(tree / given)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["", "a\0b"])
def test_name_that_can_not_be_is_not_there(given: str) -> None:
    with pytest.raises(InputNotFoundError, match="no such file"):
        discover([given])


def test_folder_without_audio_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputNotFoundError, match=r"\.wav \.flac"):
        discover([str(tmp_path)])


def test_one_bad_input_refuses_the_call(tree: Path) -> None:
    with pytest.raises(InputNotFoundError):
        discover([str(tree), str(tree / "gone.wav")])


def test_links_that_run_in_circles_end(tree: Path) -> None:
    (tree / "again").symlink_to(tree)
    (tree / "deep" / "up").symlink_to(tree / "deep")
    (tree / "loop.wav").symlink_to(tree / "loop.wav")
    found = discover([str(tree), str(tree / "**" / "*.mp3")])
    assert names(found, tree) == ["A.FLAC", "b.wav", "deep/er/d.mp3", "odd[1]/e*.wav"]
    assert [place.uri for place in found.unreadable] == [str(tree / "loop.wav")]


def test_linked_folder_is_entered_and_its_path_kept(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "there").symlink_to(tree / "deep")
    (tmp_path / "links" / "one.wav").symlink_to(tree / "b.wav")
    assert names(discover([str(tmp_path / "links")]), tmp_path / "links") == ["one.wav", "there/er/d.mp3"]


def test_link_to_nothing_is_reported(tree: Path) -> None:
    (tree / "broken.wav").symlink_to(tree / "gone.wav")
    for given in (tree, tree / "broken.wav"):
        (place,) = discover([str(given)]).unreadable
        assert (place.uri, place.reason) == (str(tree / "broken.wav"), FailureReason.UNREADABLE)
        assert "link" in place.message


def test_folder_called_like_audio_is_a_folder(tree: Path) -> None:
    (tree / "take.wav").mkdir()
    (tree / "take.wav" / "f.wav").touch()
    assert "take.wav/f.wav" in names(discover([str(tree)]), tree)
    assert names(discover([str(tree / "*.wav")]), tree) == ["b.wav"]


def test_name_that_is_no_utf8_is_reported_and_the_rest_goes_on(tree: Path) -> None:
    bad = os.fsencode(tree) + b"/caf\xe9.wav"
    with open(bad, "wb"):
        pass
    found = discover([str(tree)])
    assert "b.wav" in names(found, tree)
    (place,) = found.unreadable
    assert place.reason == FailureReason.UNREADABLE
    place.uri.encode("utf-8")
    assert place.uri.endswith("caf\\udce9.wav")
    assert "rename" in place.message
    assert discover([os.fsdecode(bad)]).unreadable == (place,)


def test_forbidden_folder_is_reported_and_the_rest_goes_on(open_folder: Path) -> None:
    (open_folder / "a.wav").touch()
    (open_folder / "secret").mkdir()
    (open_folder / "secret" / "b.wav").touch()
    (open_folder / "secret").chmod(0)
    file, place = as_nobody(str(open_folder))
    assert file == str(open_folder / "a.wav")
    assert place.startswith(f"permission_denied {open_folder}/secret {open_folder}/secret: permission denied")


@pytest.mark.parametrize("given", ["", "/b.wav", "/*.wav"])
def test_forbidden_folder_that_is_named_is_reported(open_folder: Path, given: str) -> None:
    (open_folder / "secret").mkdir()
    (open_folder / "secret" / "b.wav").touch()
    (open_folder / "secret").chmod(0)
    (place,) = as_nobody(f"{open_folder}/secret{given}")
    assert place.startswith(f"permission_denied {open_folder}/secret")


def test_ten_thousand_files_take_no_time(tmp_path: Path) -> None:
    for index in range(10_000):
        path = tmp_path / f"{index % 10}" / f"{index}.wav"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    start = time.process_time()
    found = discover([str(tmp_path), str(tmp_path / "**" / "*.wav")])
    assert len(found.files) == 10_000
    assert time.process_time() - start < 3


def test_extensions_are_lower_case_and_no_source_code() -> None:
    assert all(extension == extension.lower() and extension.startswith(".") for extension in AUDIO_EXTENSIONS)
    assert {".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".mp4", ".webm", ".wma"} <= AUDIO_EXTENSIONS
    # TypeScript, and data of every kind.
    assert not AUDIO_EXTENSIONS & {".ts", ".mts", ".dat", ".raw", ".bin"}
