"""Which place at the engine a process may take, and which workers a machine runs."""

from pathlib import Path

import pytest

from asrlab.config import Settings
from flows import slots
from flows.slots import places_of
from flows.workers import plan_workers


@pytest.fixture(autouse=True)
def no_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(slots, "NVIDIA_DRIVER", tmp_path / "none")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize(
    ("visible", "device", "places"),
    [
        (None, "auto", ["slot-0", "slot-1"]),
        ("", "auto", ["slot-0", "slot-1"]),
        ("-1", "cuda", ["slot-0", "slot-1"]),
        ("3", "auto", ["gpu-3"]),
        ("3", "cpu", ["slot-0", "slot-1"]),
        ("2,3", "cuda:1", ["gpu-3"]),
        ("GPU-5f2a", "cuda", ["gpu-GPU-5f2a"]),
    ],
)
def test_one_card_has_one_place(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, device: str, places: list[str]
) -> None:
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert places_of(Settings(device=device, engine_slots=2)) == places


def test_a_machine_with_a_driver_has_a_card_where_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "version").touch()
    monkeypatch.setattr(slots, "NVIDIA_DRIVER", tmp_path / "version")
    assert places_of(Settings(device="auto")) == ["gpu-0"]
    assert places_of(Settings(device="cuda:1")) == ["gpu-1"]
    assert places_of(Settings(device="cpu")) == ["slot-0"]


def test_one_worker_per_card_and_none_of_the_others_sees_one() -> None:
    plans = plan_workers(["0", "1"], engine_slots=1)
    seen = [(plan.queue, plan.limit, plan.environment["CUDA_VISIBLE_DEVICES"]) for plan in plans]
    assert seen == [("default", 2, ""), ("engine", 1, "0"), ("engine", 1, "1")]


def test_without_cards_as_many_flows_as_slots() -> None:
    assert [(plan.queue, plan.limit) for plan in plan_workers([], engine_slots=3)] == [
        ("default", 2),
        ("engine", 3),
    ]
