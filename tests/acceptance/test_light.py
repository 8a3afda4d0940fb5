"""What people type all day must not wait for libraries it does not need."""

import subprocess
import sys

import pytest

from tests.acceptance.conftest import Asrlab

HEAVY = {"torch", "transformers", "prefect", "pandas", "librosa", "ctranslate2", "fsspec", "httpx"}
RUN = """
import sys
from asrlab.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["label", "--help"],
        ["export", "--help"],
        ["status"],
        ["status", "--json"],
        ["sql", "SELECT 1"],
        ["sql", "SELECT 1", "--format", "csv"],
        ["search", "hello"],
        ["failures"],
        ["retry"],
        ["engines"],
    ],
    ids=" ".join,
)
def test_a_quick_command_imports_nothing_heavy(asrlab: Asrlab, arguments: list[str]) -> None:
    asrlab.run("init")
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=asrlab.folder,
        env=asrlab.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stderr.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    assert "asrlab" in imported
    assert imported & HEAVY == set()
