"""Every format through the command: written, read back by `verify`, made again as it was sealed; real clips and times."""

from pathlib import Path

import pytest

from asrlab.export.registry import FORMATS
from asrlab.verify.read_back import texts_read_back
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files
from tests.acceptance.test_releases import files

CLIPS = 3
EVERY = [(name, variant) for name, variants in FORMATS.items() for variant in variants]
COUNTED = {name for name, _ in EVERY} - {
    "ctm",
    "textgrid",
    "eaf",
    "srt",
    "vtt",
    "audacity",
    "rttm",
    "label-studio",
}


def test_every_format_is_sealed_verified_and_made_again(asrlab: Asrlab) -> None:
    """One catalog for all: labeling costs more than writing."""
    write_good_files(asrlab.folder / "audio", CLIPS)
    asrlab.run("label", "audio", "--inline", *FAKE)
    for form, variant in EVERY:
        name = f"{form}-{variant}" if variant else form
        flags = [f"--{variant}"] if variant else []
        out = asrlab.folder / name
        said = asrlab.run("export", form, *flags, "--out", out, "--release", name, "--copy-audio")
        assert f"{CLIPS} utterances in" in said, name
        again = asrlab.folder / f"{name}-again"
        asrlab.run("export", form, "--out", again, "--release", name)
        assert files(again) == files(out), name
        assert not [path for path in files(out) if Path(path).name.startswith(".")], name
        everything = b"".join(files(out).values())
        assert str(asrlab.folder).encode() not in everything, name
        told = asrlab.run("verify", name)
        assert ("as a reader of" in told) == (form in COUNTED), told


@pytest.mark.parametrize("form", sorted(COUNTED))
def test_what_is_broken_is_no_text_that_was_read_back(tmp_path: Path, form: str) -> None:
    assert texts_read_back(tmp_path, form) == 0
