"""What a server may write that is no transcription's, and where a key or a password might come to light."""

import math
from typing import Any

import numpy as np
import pytest

from asrlab.domain.labels import Hypothesis
from asrlab.engines.openai_api.answers import hypothesis_of
from asrlab.engines.openai_api.endpoint import Endpoint, use_endpoint
from asrlab.engines.openai_api.factory import openai_engine
from asrlab.engines.protocol import EngineOptions
from asrlab.errors import AsrlabError, ItemError, OptionError
from tests.openai_servers import Answer, ChosenServer

OPTIONS = EngineOptions(model="some/model")
ODD = (True, "0.5", None, math.nan, math.inf, -math.inf, 10**400, [], {})
SILENCE = np.zeros(16_000, np.float32)


def heard(**answer: Any) -> Hypothesis:
    return hypothesis_of({"text": "one two", **answer}, 2.0, None, "")


def words(**second: Any) -> list[dict[str, Any]]:
    return [
        {"word": "one", "start": 0.0, "end": 0.5, "probability": 0.9},
        {"word": "two", "start": 0.5, "end": 1.0, "probability": 0.8, **second},
    ]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_is_no_number_gives_no_confidence_and_no_place(odd: object) -> None:
    assert heard(words=words(probability=odd)).words == ()
    for name in ("start", "end"):
        assert heard(words=words(**{name: odd})).aligned == ()
    segment = {"start": 0.0, "end": 1.0, "avg_logprob": -0.5}
    for name in segment:
        assert heard(segments=[{**segment, name: odd}]).confidence is None


@pytest.mark.parametrize("huge", [1e308, -1e308, 10**300, -1e9])
def test_huge_numbers_stay_inside_the_clip_and_between_0_and_1(huge: float) -> None:
    found = heard(words=words(start=huge, end=huge, probability=huge))
    assert all(0.0 <= word.span.start <= word.span.end <= 2.0 for word in found.aligned)
    assert all(0.0 <= word.confidence <= 1.0 for word in found.words)
    for segment in (
        {"start": 0.0, "end": 1.0, "avg_logprob": huge},
        {"start": 0.0, "end": huge, "avg_logprob": 0.0},
    ):
        confidence = heard(segments=[segment, segment]).confidence
        assert confidence is None or 0.0 <= confidence <= 1.0


@pytest.mark.parametrize("odd", [5, True, ["a"], {"b": 1}], ids=repr)
def test_a_text_that_is_none_fails_its_clip(odd: object) -> None:
    with pytest.raises(ItemError, match="no text"):
        heard(text=odd)


def test_a_language_that_is_no_text_is_none() -> None:
    assert heard(language=["en"]).language is None
    assert hypothesis_of({"text": "hello", "language": 5}, 1.0, "en", "").language == "en"


def test_an_answer_nested_without_end_is_no_transcription(server: ChosenServer) -> None:
    server.answer = lambda heard: Answer(200, b"[" * 100_000)
    with pytest.raises(AsrlabError, match="no transcription"):
        openai_engine.open(OPTIONS).transcribe([SILENCE], language=None, context="")


@pytest.mark.parametrize("key", ["se\ncret", "se cret", "secr\u00e9t", "secret\x00"])
def test_a_key_that_no_request_can_carry_is_told_and_not_shown(server: ChosenServer, key: str) -> None:
    use_endpoint(Endpoint(url=server.url, key=key))
    with pytest.raises(OptionError, match="ASRLAB_OPENAI_KEY") as raised:
        openai_engine.open(OPTIONS)
    assert key not in str(raised.value)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
def test_a_key_that_the_server_repeats_is_not_shown(server: ChosenServer, status: int) -> None:
    use_endpoint(Endpoint(url=server.url, key="secret-key", attempts=1))
    server.answer = lambda heard: Answer(status, {"error": {"message": "wrong key: secret-key"}})
    with pytest.raises(AsrlabError) as raised:
        openai_engine.open(OPTIONS).transcribe([SILENCE], language=None, context="")
    assert "secret-key" not in str(raised.value)
    assert "(the key)" in str(raised.value)


@pytest.mark.parametrize(
    "url", ["me:password@host/v1", "http://me:pass/word@host/v1", "ftp://me:password@host"]
)
def test_a_password_in_what_is_no_url_is_not_shown(url: str) -> None:
    use_endpoint(Endpoint(url=url))
    try:
        with pytest.raises(OptionError, match="ASRLAB_OPENAI_URL") as raised:
            openai_engine.describe(OPTIONS)
    finally:
        use_endpoint(Endpoint())
    assert "pass" not in str(raised.value)
