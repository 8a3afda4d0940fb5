"""What is too much for memory comes out as `sort` would put it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrlab.export.sorting import SortedLines

lines = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=20))


@given(lines=lines, run_bytes=st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_lines_come_out_in_the_order_of_their_bytes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], run_bytes: int
) -> None:
    held = SortedLines(tmp_path_factory.getbasetemp(), run_bytes)
    for line in lines:
        held.add(line)
    expected = sorted(line.encode() + b"\n" for line in lines)
    assert list(held) == expected
    assert list(held) == expected
    held.close()


def test_lines_longer_than_a_block_stay_whole(tmp_path: Path) -> None:
    held = SortedLines(tmp_path, 1)
    for letter in "ba":
        held.add(letter * 200_000)
    assert [len(line) for line in held] == [200_001, 200_001]
    held.close()


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    held = SortedLines(tmp_path, 1)
    held.add("x")
    held.close()
    assert list(tmp_path.iterdir()) == []
