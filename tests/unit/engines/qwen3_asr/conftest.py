"""What the reference gives on tiny random checkpoints: tests/goldens/qwen3_asr."""

import json
from pathlib import Path
from typing import Any

import pytest

GOLDENS = Path(__file__).parents[3] / "goldens" / "qwen3_asr"


@pytest.fixture(scope="session")
def goldens() -> Path:
    return GOLDENS


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((GOLDENS / "expected.json").read_text(encoding="utf-8"))
    return answer
