"""What these tests stand on: a catalog of our own, and environments with other people's programs in them.

`make interop` makes the environments and runs the tests; nothing here is skipped where one is missing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FAKE_PLUGIN
from tests.interop.corpus import make_corpus
from tests.process import Asrlab

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENTS = REPOSITORY / "build" / "interop"


def python_of(name: str) -> Path:
    python = ENVIRONMENTS / name / "bin" / "python"
    assert python.exists(), f"there is no {python}: run `make interop`"
    return python


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asrlab]:
    """`asrlab` beside a labeled catalog."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASRLAB_", "PREFECT_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (FAKE_PLUGIN, REPOSITORY)))
    environment["HF_HUB_OFFLINE"] = "1"
    asrlab = Asrlab(tmp_path_factory.mktemp("interop"), environment)
    make_corpus(asrlab)
    yield asrlab
    asrlab.stop_all()
