"""Imports go downwards only, libraries stay in their homes, and the command line starts light."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Each costs between a tenth of a second and three at import.
HEAVY = (
    "alembic",
    "av",
    "ctranslate2",
    "faster_whisper",
    "fastapi",
    "jiwer",
    "librosa",
    "numpy",
    "pandas",
    "prefect",
    "pyarrow",
    "pydantic",
    "scipy",
    "silero_vad",
    "soundfile",
    "sqlalchemy",
    "torch",
    "transformers",
)
LIST_HEAVY_MODULES_AFTER_HELP = f"""
import contextlib, sys
import asrlab.cli.main
sys.argv = ["asrlab", "--help"]
with contextlib.suppress(SystemExit):
    asrlab.cli.main.main()
print("loaded:", *sorted(sys.modules.keys() & {set(HEAVY)!r}))
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_every_contract_on_imports_is_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    # Without its cache: tests run side by side, and would write it at the same time.
    result = run(str(lint_imports), "--no-logo", "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


def test_help_loads_nothing_heavy() -> None:
    result = run(sys.executable, "-c", LIST_HEAVY_MODULES_AFTER_HELP)
    assert "Usage: asrlab" in result.stdout, result.stderr
    assert result.stdout.splitlines()[-1] == "loaded:"


def imported_names(path: Path) -> set[str]:
    """The top-level packages a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names


def test_the_domain_needs_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"asrlab"}
    imports = {path.name: imported_names(path) for path in (ROOT / "asrlab" / "domain").glob("*.py")}
    assert "time.py" in imports
    assert {name: names - allowed for name, names in imports.items() if names - allowed} == {}
