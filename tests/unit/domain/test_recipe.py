"""Rules of recipes: what they refuse, and which fields decide their fingerprint."""

from dataclasses import replace
from typing import Any

import pytest

from asrlab.domain.recipe import Recipe

DETECTOR = "0123456789abcdef"
VAD_FIELDS = {
    "threshold": 0.6,
    "min_silence_seconds": 0.5,
    "min_speech_seconds": 0.25,
    "pad_seconds": 0.1,
    "merge_gap_seconds": 2.0,
}


def changed(recipe: Recipe, field: str) -> Recipe:
    change: dict[str, Any] = {field: VAD_FIELDS[field]}
    return replace(recipe, **change)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "webrtc", "one of silero-vad, whole, got 'webrtc'"),
        ("max_seconds", 0.5, "max_seconds must be at least 1, got 0.5"),
        ("max_seconds", float("nan"), "max_seconds must be a finite number"),
        ("max_seconds", float("inf"), "max_seconds must be a finite number"),
        ("threshold", 0.0, "threshold must lie between 0 and 1"),
        ("threshold", 1.0, "threshold must lie between 0 and 1"),
        ("min_silence_seconds", -0.1, "min_silence_seconds must not be negative"),
        ("min_speech_seconds", -0.1, "min_speech_seconds must not be negative"),
        ("pad_seconds", -0.1, "pad_seconds must not be negative"),
        ("merge_gap_seconds", float("nan"), "merge_gap_seconds must be a finite number"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(field: str, value: object, message: str) -> None:
    given: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=message):
        Recipe(**given)


def test_equal_recipes_have_equal_fingerprints() -> None:
    assert Recipe().fingerprint(DETECTOR) == Recipe("silero-vad", max_seconds=30).fingerprint(DETECTOR)


@pytest.mark.parametrize("field", VAD_FIELDS)
def test_every_field_decides_the_fingerprint_of_a_voice_detecting_recipe(field: str) -> None:
    assert changed(Recipe(), field).fingerprint(DETECTOR) != Recipe().fingerprint(DETECTOR)


@pytest.mark.parametrize("field", VAD_FIELDS)
def test_whole_ignores_every_field_of_voice_detection(field: str) -> None:
    whole = Recipe("whole")
    assert changed(whole, field).fingerprint(None) == whole.fingerprint(None)


@pytest.mark.parametrize("name", ["silero-vad", "whole"])
def test_the_cap_decides_every_fingerprint(name: Any) -> None:
    assert Recipe(name, max_seconds=20).fingerprint(DETECTOR) != Recipe(name).fingerprint(DETECTOR)


def test_another_detector_gives_another_fingerprint() -> None:
    assert Recipe().fingerprint(DETECTOR) != Recipe().fingerprint("f" * 16)


def test_whole_needs_no_detector_and_ignores_one() -> None:
    assert Recipe("whole").fingerprint(DETECTOR) == Recipe("whole").fingerprint(None)


def test_a_voice_detecting_recipe_without_its_detector_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its voice detector's fingerprint"):
        Recipe().fingerprint(None)


def test_the_two_recipes_never_share_a_fingerprint() -> None:
    assert Recipe("whole").fingerprint(DETECTOR) != Recipe("silero-vad").fingerprint(DETECTOR)


def test_parameters_rebuild_the_recipe() -> None:
    recipe = Recipe(threshold=0.4, max_seconds=12)
    parameters: dict[str, Any] = dict(recipe.parameters)
    assert Recipe(recipe.name, **parameters) == recipe


def test_whole_lists_only_the_parameter_it_reads() -> None:
    assert dict(Recipe("whole", max_seconds=12).parameters) == {"max_seconds": 12.0}


def test_known_fingerprints_have_not_changed() -> None:
    # They stand in people's catalogs: a change cuts everything again, so make it on purpose.
    assert Recipe().fingerprint(DETECTOR) == "bd2d28ff67452a9a"
    assert Recipe("whole").fingerprint(None) == "25ce4ddeb361ba1e"


def test_channels_are_mixed_or_cut_one_by_one() -> None:
    assert Recipe().channels_of(2) == (None,)
    assert Recipe(channels="split").channels_of(2) == (0, 1)
    assert Recipe(channels="split").fingerprint("d") != Recipe().fingerprint("d")
    # Catalogs from before there was a choice keep their segmentations.
    assert "channels" not in Recipe().parameters
    with pytest.raises(ValueError, match="channels"):
        Recipe(channels="left")  # type: ignore[arg-type]
