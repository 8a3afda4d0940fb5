import pytest

from asrlab.text.suspicion import echoes_context, repeats_itself


def test_text_that_runs_in_a_circle_is_seen() -> None:
    assert repeats_itself("and then " * 40)
    assert not repeats_itself("It was the best of times, it was the worst of times.")
    assert not repeats_itself("")


@pytest.mark.parametrize(
    ("text", "context", "is_echo"),
    [
        ("Acme, Zyx.", "hot words: acme zyx", True),
        ("今天 天气", "词语：今天天气", True),
        ("Acme", "Acme Zyx", False),
        ("Acme said Zyx", "Acme Zyx", False),
        ("", "Acme", False),
        ("Acme Zyx", "", False),
    ],
)
def test_hot_words_that_come_back_as_the_text_are_seen(text: str, context: str, is_echo: bool) -> None:
    assert echoes_context(text, context) is is_echo
