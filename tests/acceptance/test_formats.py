"""Every format: written, read back by `verify`, made again as it was sealed; real clips and times."""

from pathlib import Path

import pytest

from asrlab.catalog import open_catalog
from asrlab.export import export, request_of
from asrlab.export.formats.protocol import AudioNeed
from asrlab.export.registry import FORMATS
from asrlab.verify import verify_release
from asrlab.verify.read_back import ReadBack, read_back
from tests.acceptance.conftest import Asrlab
from tests.acceptance.test_label import FAKE, write_good_files
from tests.acceptance.test_releases import files

CLIPS = 3
EVERY = [(name, variant) for name, variants in FORMATS.items() for variant in variants]


def test_every_format_is_sealed_verified_and_made_again(asrlab: Asrlab) -> None:
    """One catalog for all, and one process: to begin costs more than to write."""
    write_good_files(asrlab.folder / "audio", CLIPS)
    asrlab.run("label", "audio", "--inline", *FAKE)
    catalog = open_catalog(f"sqlite:///{asrlab.folder / 'asrlab.db'}")
    for form, variant in EVERY:
        name = f"{form}-{variant}" if variant else form
        out = asrlab.folder / name
        copied = FORMATS[form][variant].audio is not AudioNeed.NONE or None
        request = request_of(form, out, variant=variant, release=name, copy_audio=copied)
        assert export(catalog, request).num_utterances == CLIPS, name
        again = asrlab.folder / f"{name}-again"
        assert export(catalog, request_of(form, again, release=name)).is_again
        assert files(again) == files(out), name
        assert not [path for path in files(out) if Path(path).name.startswith(".")], name
        everything = b"".join(files(out).values())
        assert str(asrlab.folder).encode() not in everything, name
        report = verify_release(catalog, name)
        assert not report.problems, name
        assert any(f"as a reader of {form} finds" in fact for fact in report.facts), report.facts
    catalog.close()


@pytest.mark.parametrize(("form", "variant"), EVERY)
def test_what_is_broken_is_no_text_that_was_read_back(tmp_path: Path, form: str, variant: str) -> None:
    found = read_back([tmp_path / "gone"], form, variant)
    assert found is not None
    assert found == ReadBack(0, found.parts)
    assert not found.is_of(1)
