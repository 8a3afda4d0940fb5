"""The engine `openai`, against a real `transformers serve` and against whatever else a server may say."""

import time
from typing import Any

import numpy as np
import pytest

from asrlab.domain.labels import FLAG_CONTEXT_ECHO, Hypothesis
from asrlab.domain.reasons import FailureReason
from asrlab.engines.embedded import embedded_checkpoint
from asrlab.engines.openai_api.endpoint import Endpoint, use_endpoint
from asrlab.engines.openai_api.factory import openai_engine
from asrlab.engines.protocol import Engine, EngineOptions, Waveform
from asrlab.engines.whisper.factory import whisper_engine
from asrlab.errors import ItemError, OptionError, TransientError
from tests.openai_servers import Answer, ChosenServer, Heard

RATE_HZ = 16_000
OPTIONS = EngineOptions(model="some/model")


def answering(status: int = 200, body: Any = None, **more: Any) -> Answer:
    return Answer(status, {"text": "hello"} if body is None else body, **more)


def tone(seconds: float = 1.0) -> Waveform:
    return np.sin(np.arange(round(seconds * RATE_HZ), dtype=np.float32) / 9) / 4


def hear(
    engine: Engine, *clips: Waveform, language: str | None = None, context: str = ""
) -> list[Hypothesis]:
    return engine.transcribe(clips, language=language, context=context)


def one(engine: Engine, **asked: Any) -> Hypothesis:
    return hear(engine, tone(), **asked)[0]


# --- a real server


@pytest.fixture
def real(served: str) -> Engine:
    use_endpoint(Endpoint(url=served, concurrency=2))
    return openai_engine.open(EngineOptions(model=str(embedded_checkpoint())))


def test_transformers_serve_says_what_our_own_engine_says(real: Engine, speech: Waveform) -> None:
    clips = [
        speech[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in ((1.2, 3.6), (4.8, 6.3), (8.0, 13.0))
    ]
    own = whisper_engine.open(EngineOptions(device="cpu")).transcribe(clips, language="en", context="")
    found = hear(real, *clips, language="en")
    assert [hypothesis.text for hypothesis in found] == [hypothesis.text for hypothesis in own]
    assert all(hypothesis.language_tag == "en" for hypothesis in found)


def test_transformers_serve_hears_short_empty_and_no_clips(real: Engine, speech: Waveform) -> None:
    assert hear(real) == []
    found = hear(real, speech[:0], speech[:800], np.zeros(RATE_HZ, dtype=np.float32), speech[: 30 * RATE_HZ])
    assert len(found) == 4
    assert found[0].text == ""
    assert "It was the best of times" in found[3].text


def test_a_model_that_transformers_serve_does_not_have_is_an_error_of_its_clips(served: str) -> None:
    # It answers 500, which another clip might not meet.
    use_endpoint(Endpoint(url=served, attempts=1))
    engine = openai_engine.open(EngineOptions(model="no/such-model"))
    with pytest.raises(ItemError, match="answered 500"):
        one(engine)


# --- what is sent


def test_a_request_holds_the_clip_and_what_was_asked(server: ChosenServer) -> None:
    one(openai_engine.open(OPTIONS), language="German", context=" Zyx, Acme ")
    (heard,) = server.heard
    assert heard.frames == RATE_HZ
    assert heard.authorization == "Bearer secret-key"
    assert heard.fields["model"] == ["some/model"]
    assert heard.fields["language"] == ["de"]
    assert heard.fields["prompt"] == ["Zyx, Acme"]
    assert heard.fields["response_format"] == ["verbose_json"]
    assert heard.fields["timestamp_granularities[]"] == ["word", "segment"]


def test_nothing_is_asked_that_was_not_given(server: ChosenServer) -> None:
    one(openai_engine.open(OPTIONS))
    assert not {"language", "prompt"} & set(server.heard[0].fields)


def test_a_clip_too_short_for_servers_is_padded_and_an_empty_one_not_sent(server: ChosenServer) -> None:
    found = hear(openai_engine.open(OPTIONS), tone(0), tone(0.05))
    assert [hypothesis.text for hypothesis in found] == ["", "hello"]
    assert [heard.frames for heard in server.heard] == [1600]


def test_answers_come_in_order_and_no_more_are_asked_at_once_than_allowed(server: ChosenServer) -> None:
    lengths = [0.9, 0.2, 0.7, 0.4, 0.3, 0.8, 0.5, 0.6]
    server.answer = lambda heard: answering(
        body={"text": str(heard.frames)}, after=heard.frames / RATE_HZ / 4
    )
    found = hear(openai_engine.open(OPTIONS), *(tone(length) for length in lengths))
    assert [int(hypothesis.text) for hypothesis in found] == [round(length * RATE_HZ) for length in lengths]
    assert server.most_at_once == 3


# --- what comes back


def test_words_and_their_probabilities_are_taken(server: ChosenServer) -> None:
    words = [
        {"word": " Hello", "start": 0.1, "end": 0.42, "probability": 0.9},
        {"word": "world", "start": 0.5, "end": 1.7, "probability": 0.5},
    ]
    server.answer = lambda heard: answering(
        body={"text": "Hello, world!", "language": "english", "words": words}
    )
    hypothesis = one(openai_engine.open(OPTIONS))
    assert (hypothesis.language, hypothesis.language_tag) == ("english", "en")
    assert [(word.text, word.confidence) for word in hypothesis.words] == [("Hello,", 0.9), ("world!", 0.5)]
    assert hypothesis.confidence == pytest.approx(0.7)
    # The second word would end after the clip.
    placed = [(word.text, word.span.start, word.span.end) for word in hypothesis.aligned]
    assert placed == [("Hello,", 0.1, 0.42), ("world!", 0.5, 1.0)]


def test_segments_tell_a_confidence_where_words_do_not(server: ChosenServer) -> None:
    segments = [
        {"start": 0.0, "end": 3.0, "avg_logprob": np.log(0.8)},
        {"start": 3.0, "end": 4.0, "avg_logprob": np.log(0.4)},
    ]
    server.answer = lambda heard: answering(body={"text": "hello", "segments": segments})
    assert one(openai_engine.open(OPTIONS)).confidence == pytest.approx(0.7)


@pytest.mark.parametrize(
    "words",
    [
        [{"word": "other", "start": 0.0, "end": 1.0, "probability": 0.5}],
        [{"word": "hello", "start": None, "end": 1.0, "probability": None}],
        [{"start": 0.0}],
        ["hello"],
        "hello",
        None,
    ],
)
def test_words_that_are_not_those_of_the_text_are_left_out(server: ChosenServer, words: object) -> None:
    server.answer = lambda heard: answering(body={"text": "hello", "words": words})
    hypothesis = one(openai_engine.open(OPTIONS))
    assert (hypothesis.text, hypothesis.words, hypothesis.aligned) == ("hello", (), ())


def test_what_qwen3_asr_writes_before_the_text_is_read(server: ChosenServer) -> None:
    server.answer = lambda heard: answering(body={"text": "language German<asr_text>Guten Tag"})
    hypothesis = one(openai_engine.open(OPTIONS))
    assert (hypothesis.text, hypothesis.language_tag) == ("Guten Tag", "de")


def test_an_echo_of_the_context_is_flagged(server: ChosenServer) -> None:
    server.answer = lambda heard: answering(body={"text": "zyx acme"})
    assert one(openai_engine.open(OPTIONS), context="Zyx, Acme").flags == (FLAG_CONTEXT_ECHO,)


# --- trouble


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_knows_no_words_is_asked_for_less_and_not_again(
    server: ChosenServer, status: int
) -> None:
    def answer(heard: Heard) -> Answer:
        known = heard.fields["response_format"] == ["json"]
        return (
            answering()
            if known
            else answering(status, {"error": {"message": "verbose_json is not supported"}})
        )

    server.answer = answer
    engine = openai_engine.open(OPTIONS)
    assert one(engine).text == "hello"
    assert len(server.heard) == 3
    assert one(engine).text == "hello"
    assert len(server.heard) == 4


def test_a_busy_server_is_asked_again_after_the_time_it_names(server: ChosenServer) -> None:
    times: list[float] = []

    def answer(heard: Heard) -> Answer:
        times.append(time.monotonic())
        return answering() if len(times) > 1 else answering(429, {}, headers={"Retry-After": "1"})

    server.answer = answer
    assert one(openai_engine.open(OPTIONS)).text == "hello"
    assert 0.95 <= times[1] - times[0] < 4.0


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, OptionError, "ASRLAB_OPENAI_KEY"),
        (403, OptionError, "ASRLAB_OPENAI_KEY"),
        (404, OptionError, "some/model"),
        (413, ItemError, "answered 413: too much"),
        (400, ItemError, "answered 400: too much"),
        (500, ItemError, "answered 500: too much"),
        (429, TransientError, "answered 429"),
        (503, TransientError, "answered 503"),
    ],
)
def test_what_a_server_refuses_is_told_with_what_to_do(
    server: ChosenServer, status: int, error: type[Exception], says: str
) -> None:
    refusal = answering(status, {"error": {"message": "too\n much"}}, headers={"Retry-After-Ms": "10"})
    server.answer = lambda heard: refusal
    with pytest.raises(error, match=says) as raised:
        one(openai_engine.open(OPTIONS))
    assert "secret-key" not in str(raised.value)
    if status >= 429:
        assert len(server.heard) == 3


def test_one_bad_clip_is_an_error_of_its_own(server: ChosenServer) -> None:
    server.answer = lambda heard: answering(413, {}) if heard.frames == RATE_HZ else answering()
    engine = openai_engine.open(OPTIONS)
    with pytest.raises(ItemError) as raised:
        hear(engine, tone(0.5), tone(1.0))
    assert raised.value.reason is FailureReason.ENGINE_ERROR
    # What was answered is not asked for, or paid for, again.
    assert hear(engine, tone(0.5))[0].text == "hello"
    assert [heard.frames for heard in server.heard].count(RATE_HZ // 2) == 1
    assert hear(engine, tone(0.5), context="Zyx")[0].text == "hello"
    assert [heard.frames for heard in server.heard].count(RATE_HZ // 2) == 2


def test_a_refused_key_is_not_tried_on_every_clip(server: ChosenServer) -> None:
    server.answer = lambda heard: answering(401, {}, after=0.2)
    with pytest.raises(OptionError, match="ASRLAB_OPENAI_KEY"):
        hear(openai_engine.open(OPTIONS), *(tone(length / 10) for length in range(1, 20)))
    assert len(server.heard) <= 6


def test_a_server_that_hangs_is_given_up(server: ChosenServer) -> None:
    use_endpoint(Endpoint(url=server.url, timeout=0.2, attempts=2))
    server.answer = lambda heard: answering(after=1.0)
    with pytest.raises(ItemError, match=r"no answer within 0.2 s"):
        one(openai_engine.open(OPTIONS))
    assert len(server.heard) == 2


def test_a_server_that_is_not_there_is_worth_another_try(server: ChosenServer) -> None:
    server.close()
    with pytest.raises(TransientError, match="can't be reached"):
        one(openai_engine.open(OPTIONS))


@pytest.mark.parametrize("body", [{"error": "model is loading"}, {}])
def test_an_answer_without_a_text_is_an_error_of_the_clip(server: ChosenServer, body: object) -> None:
    server.answer = lambda heard: answering(body=body)
    with pytest.raises(ItemError, match="without a text"):
        one(openai_engine.open(OPTIONS))


@pytest.mark.parametrize("body", ["<html>Welcome</html>", ["hello"], 7])
def test_another_page_is_never_taken_for_a_text(server: ChosenServer, body: object) -> None:
    server.answer = lambda heard: answering(body=body)
    with pytest.raises(OptionError, match="ASRLAB_OPENAI_URL"):
        one(openai_engine.open(OPTIONS))


@pytest.mark.parametrize("body", [{"text": None}, {"text": "  "}])
def test_an_empty_answer_is_an_empty_text(server: ChosenServer, body: object) -> None:
    server.answer = lambda heard: answering(body=body)
    assert one(openai_engine.open(OPTIONS)).text == ""


# --- who it is


def test_the_key_and_the_place_are_no_part_of_who_it_is() -> None:
    use_endpoint(Endpoint(url="http://me:pass@example.org:8000/v1", key="secret-key"))
    here = openai_engine.describe(OPTIONS)
    use_endpoint(Endpoint(url="https://elsewhere.example/v1"))
    there = openai_engine.describe(OPTIONS)
    use_endpoint(Endpoint())
    assert here.fingerprint == there.fingerprint
    assert here.checkpoint == "some/model at http://example.org:8000/v1"
    assert "secret" not in repr(Endpoint(key="secret-key"))
    other = openai_engine.describe(EngineOptions(model="some/model", revision="2"))
    assert other.fingerprint != here.fingerprint


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host/v1", "http://", "http://host:port/v1"])
def test_what_is_no_url_is_refused_before_any_work(url: str) -> None:
    use_endpoint(Endpoint(url=url))
    with pytest.raises(OptionError, match="ASRLAB_OPENAI_URL"):
        openai_engine.describe(OPTIONS)
    use_endpoint(Endpoint())


def test_a_model_must_be_named() -> None:
    with pytest.raises(OptionError, match="--model"):
        openai_engine.describe(EngineOptions())


def test_what_is_no_language_is_refused(server: ChosenServer) -> None:
    with pytest.raises(OptionError, match="neither"):
        openai_engine.check_language(OPTIONS, "no such?")
    with pytest.raises(OptionError, match="neither"):
        one(openai_engine.open(OPTIONS), language="no such?")
