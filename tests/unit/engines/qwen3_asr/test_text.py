"""Languages, output, words: the reference's tables, and what asrlab does better."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.engines.qwen3_asr.languages import (
    SUPPORTED_LANGUAGES,
    canonical_language,
    normalize_language_name,
    tag_of_language,
    validate_language,
)
from asrlab.engines.qwen3_asr.output import detect_and_fix_repetitions, merge_languages, parse_asr_output
from asrlab.engines.qwen3_asr.words import korean_dictionary, units_of

# Marks that belong to a letter are kept: the reference drops them. These words are asrlab's own.
WITH_MARKS = {
    "e\u0301tude café naïve": ["étude", "café", "naïve"],
    "हिन्दी में बात": ["हिन्दी", "में", "बात"],
}


def words_of(text: str, language: str) -> list[str]:
    return [unit.text for unit in units_of(text, language)]


def test_the_languages_are_the_references(expected: dict[str, Any]) -> None:
    assert list(SUPPORTED_LANGUAGES) == expected["supported_languages"]


def test_output_is_parsed_as_by_the_reference(expected: dict[str, Any]) -> None:
    for case in expected["functions"]["parse_asr_output"]:
        assert list(parse_asr_output(case["raw"], case["user_language"])) == case["output"], case


def test_repetitions_are_fixed_as_by_the_reference(expected: dict[str, Any]) -> None:
    for case in expected["functions"]["detect_and_fix_repetitions"]:
        assert detect_and_fix_repetitions(case["input"], case["threshold"]) == case["output"], case


def test_languages_are_merged_as_by_the_reference(expected: dict[str, Any]) -> None:
    for case in expected["functions"]["merge_languages"]:
        assert merge_languages(case["input"]) == case["output"], case


@pytest.mark.parametrize(
    ("table", "function"),
    [("normalize_language_name", normalize_language_name), ("validate_language", validate_language)],
)
def test_names_are_taken_or_refused_as_by_the_reference(
    expected: dict[str, Any], table: str, function: Any
) -> None:
    for case in expected["functions"][table]:
        if "error" not in case:
            assert function(case["input"]) == case["output"], case
            continue
        with pytest.raises(ValueError, match=f"^{re.escape(case['error']['message'])}$"):
            function(case["input"])


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("en", "English"),
        ("gERMAN", "German"),
        ("pt-BR", "Portuguese"),
        ("yue", "Cantonese"),
        ("zh", "Chinese"),
    ],
)
def test_codes_and_names_in_any_case_are_taken(asked: str, name: str) -> None:
    assert canonical_language(asked) == name


def test_every_supported_language_has_a_tag_that_leads_back() -> None:
    for name in SUPPORTED_LANGUAGES:
        tag = tag_of_language(name)
        assert tag is not None
        assert canonical_language(tag) == name


@given(st.text("ab ", max_size=130))
def test_repairing_twice_changes_nothing_that_the_shortest_pattern_saw(text: str) -> None:
    fixed = detect_and_fix_repetitions(text)
    assert len(fixed) <= len(text)
    assert set(fixed) == set(text)


# --- words


def test_words_are_the_references(expected: dict[str, Any]) -> None:
    assert korean_dictionary() is not None
    cases = [*expected["align"], *expected["align_words_only"]]
    assert {case["language"] for case in cases} >= {"Japanese", "Korean", "Chinese"}
    for case in cases:
        wanted = WITH_MARKS.get(case["text"], case["words"])
        assert words_of(case["text"], case["language"]) == wanted, case


def test_a_word_knows_where_it_stood() -> None:
    text = "Well-known: „Über“ x² 今天，好"
    assert [(unit.text, text[unit.first : unit.end]) for unit in units_of(text, "German")] == [
        ("Wellknown", "Well-known"),
        ("Über", "Über"),
        ("x²", "x²"),
        ("今", "今"),
        ("天", "天"),
        ("好", "好"),
    ]


def test_a_tokenizer_that_rewrites_characters_keeps_the_places() -> None:
    text = "１２３　ｱｲｳ が、だ。"
    units = units_of(text, "Japanese")
    assert "".join(unit.text for unit in units) == "123アイウがだ"
    assert [text[unit.first : unit.end] for unit in units] == ["１", "２", "３", "ｱｲｳ", "が", "だ"]


@given(st.text(st.sampled_from("aé1'-,. 今天\u0301\u094d\U0002f800\uf900\t"), max_size=40))
def test_words_stand_in_order_and_hold_what_their_span_holds(text: str) -> None:
    units = units_of(text, "English")
    cursor = 0
    for unit in units:
        assert cursor <= unit.first < unit.end <= len(text)
        assert not text[unit.first].isspace()
        cursor = unit.end
    kept = sum(character == "'" or character.isalnum() for character in text)
    assert (not units) == (kept == 0)
