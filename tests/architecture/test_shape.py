"""Sizes a reader can hold: a file that grows past them wants to be two."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 400
MAX_TEST_FILE_LINES = 800
MAX_FUNCTION_LINES = 60


def files(*tops: str) -> list[str]:
    found = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in found]


CODE = files("asrlab", "flows", "migrations", "benchmarks")
TESTS = files("tests")


def functions(path: str) -> Iterator[tuple[str, int]]:
    """Every function of a file with its lines: decorators apart, docstrings counted."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def lines(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_the_code_is_where_this_test_looks() -> None:
    assert {"asrlab/errors.py", "flows/label.py", "migrations/env.py", "benchmarks/prompts_wer.py"} <= set(
        CODE
    )
    assert Path(__file__).relative_to(ROOT).as_posix() in TESTS


def test_a_file_has_at_most_400_lines() -> None:
    assert [path for path in CODE if lines(path) > MAX_FILE_LINES] == []


def test_a_test_file_has_at_most_800_lines() -> None:
    assert [path for path in TESTS if lines(path) > MAX_TEST_FILE_LINES] == []


def test_a_function_has_at_most_60_lines() -> None:
    too_long = [
        f"{path}: {name} has {length}"
        for path in CODE
        for name, length in functions(path)
        if length > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_a_file_opens_by_saying_what_it_is() -> None:
    silent = [
        path
        for path in CODE
        if lines(path) > 0 and not ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]
    assert silent == []
