"""`asrlab.qwen3_asr` gives what the reference gives: tests/goldens/qwen3_asr, of qwen-asr 0.0.6."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asrlab.audio.inputs import load_waveform
from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.placing import raw_classes
from asrlab.engines.qwen3_asr.recognizer import Clip, recognize
from asrlab.qwen3_asr import ASRTranscription, Qwen3ASRModel

MAX_NEW_TOKENS = 24
# Integers are scaled by their range, codes and bytes are taken: asrlab's own (docs/qwen3-asr.md).
OVERRIDDEN_ERRORS = {"audio_bytes", "unsupported_language_code"}

Stamps = list[list[Any]] | None


def load(goldens: Path, layout: str, batch_size: int = 1) -> Qwen3ASRModel:
    return Qwen3ASRModel.from_pretrained(
        str(goldens / "checkpoints" / f"asr-{layout}"),
        forced_aligner=str(goldens / "checkpoints" / f"aligner-{layout}"),
        max_inference_batch_size=batch_size,
        max_new_tokens=MAX_NEW_TOKENS,
    )


@pytest.fixture(scope="module", params=["orig", "hf"])
def model(request: pytest.FixtureRequest, goldens: Path) -> Qwen3ASRModel:
    return load(goldens, request.param)


@pytest.fixture(scope="module")
def loaded(model: Qwen3ASRModel) -> LoadedQwen3:
    return model._loaded


def stamps_of(result: ASRTranscription) -> Stamps:
    if result.time_stamps is None:
        return None
    return [[item.text, item.start_time, item.end_time] for item in result.time_stamps]


def unspaced(text: str) -> str:
    return "".join(text.split(" "))


def test_every_clip_is_transcribed_and_timed_as_by_the_reference(
    model: Qwen3ASRModel, goldens: Path, expected: dict[str, Any]
) -> None:
    asked = 0
    for clip in expected["clips"]:
        for variant in clip["variants"]:
            (result,) = model.transcribe(str(goldens / clip["file"]), **variant["args"])
            where = f"{clip['file']} {variant['id']}"
            assert result.text == variant["text"], where
            assert result.language == variant["language"], where
            assert result.raw == variant["raw"], where
            assert stamps_of(result) == variant.get("time_stamps"), where
            assert result.truncated == (not variant["ended_with_eos"]), where
            asked += 1
    assert asked > 40


def test_token_ids_are_the_references(loaded: LoadedQwen3, goldens: Path, expected: dict[str, Any]) -> None:
    clips, wanted = [], []
    for clip in expected["clips"]:
        waveform = load_waveform(str(goldens / clip["file"]))
        for variant in clip["variants"]:
            language = variant["args"]["language"]
            name = language.strip().capitalize() if language else None
            clips.append(Clip(waveform, variant["args"]["context"], name, MAX_NEW_TOKENS))
            wanted.append(variant["token_ids"])
    # All in one batch: what the reference only gives clip by clip.
    heard = recognize(loaded, clips, batch_size=len(clips))
    assert [each.token_ids for each in heard] == wanted


def test_a_call_with_several_files_is_the_references(
    model: Qwen3ASRModel, goldens: Path, expected: dict[str, Any]
) -> None:
    for call in expected["multi_item_calls"]:
        results = model.transcribe(
            [str(goldens / file) for file in call["files"]],
            context=call["context"],
            language=call["language"],
        )
        assert [result.raw for result in results] == call["raw"]
        assert [
            {"language": result.language, "text": result.text, "time_stamps": stamps_of(result)}
            for result in results
        ] == call["results"]


def test_long_audio_is_cut_transcribed_and_merged_as_by_the_reference(
    model: Qwen3ASRModel, goldens: Path, expected: dict[str, Any]
) -> None:
    long = expected["long"]
    path = str(goldens / long["file"])
    for variant in long["variants"]:
        (result,) = model.transcribe(path, **variant["args"])
        # The reference glues the texts of chunks together.
        assert unspaced(result.text) == unspaced(variant["text"])
        assert result.language == variant["language"]
        assert stamps_of(result) == variant["time_stamps"]
        assert result.raw == "\n".join(chunk["raw"] for chunk in variant["chunks"])
    (single,) = model.transcribe(path, **long["single_chunk"]["args"])
    assert (single.text, single.raw) == (long["single_chunk"]["text"], long["single_chunk"]["raw"])


def test_texts_are_aligned_as_by_the_reference(
    model: Qwen3ASRModel, goldens: Path, expected: dict[str, Any]
) -> None:
    aligner = model.forced_aligner
    assert aligner is not None
    cases = expected["align"]
    for case in cases:
        waveform = load_waveform(str(goldens / case["file"]))
        assert raw_classes(aligner._loaded, waveform, case["words"]) == case["raw_classes"], case["id"]
    results = aligner.align(
        [str(goldens / case["file"]) for case in cases],
        [case["text"] for case in cases],
        [case["language"] for case in cases],
    )
    for case, result in zip(cases, results, strict=True):
        assert [[item.text, item.start_time, item.end_time] for item in result] == case["time_stamps"]
        assert len(result) == len(case["time_stamps"])
        assert all(0.0 <= (item.score or 0.0) <= 1.0 for item in result)


def test_the_languages_are_the_references(model: Qwen3ASRModel, expected: dict[str, Any]) -> None:
    assert model.get_supported_languages() == expected["supported_languages"]


def test_an_aligner_lists_what_its_checkpoint_lists(goldens: Path, expected: dict[str, Any]) -> None:
    aligner = load(goldens, "orig").forced_aligner
    assert aligner is not None
    assert aligner.get_supported_languages() == expected["aligner_supported_languages"]


# --- what is refused


def wav() -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)


def calls(model: Qwen3ASRModel, bare: Qwen3ASRModel) -> dict[str, Callable[[], Any]]:
    pair = (wav(), 16_000)
    untyped: Any = model
    aligner: Any = model.forced_aligner
    return {
        "return_time_stamps_without_aligner": lambda: bare.transcribe(pair, return_time_stamps=True),
        "return_time_stamps_without_aligner_before_audio": lambda: untyped.__class__.transcribe(
            bare, None, return_time_stamps=True
        ),
        "audio_bare_ndarray": lambda: untyped.transcribe(wav()),
        "audio_none": lambda: untyped.transcribe(None),
        "audio_int": lambda: untyped.transcribe(16_000),
        "audio_list_pair": lambda: untyped.transcribe([[wav(), 16_000]]),
        "audio_tuple_of_three": lambda: untyped.transcribe((wav(), 16_000, 1)),
        "audio_3d": lambda: model.transcribe((wav()[None, None], 16_000)),
        "context_size_mismatch": lambda: model.transcribe([pair] * 2, context=["a"] * 3),
        "context_empty_list": lambda: model.transcribe([pair] * 2, context=[]),
        "language_size_mismatch": lambda: model.transcribe([pair] * 2, language=["English"] * 4),
        "unsupported_language": lambda: model.transcribe(pair, language="Klingon"),
        "unsupported_language_in_list": lambda: model.transcribe([pair] * 2, language=["English", "Klingon"]),
        "empty_list": lambda: model.transcribe([]),
        "missing_file": lambda: model.transcribe("no-such-file.wav"),
        "align_size_mismatch": lambda: aligner.align([pair] * 2, "one two", "English"),
        "align_language_mismatch": lambda: aligner.align([pair] * 3, ["a", "b", "c"], ["English"] * 2),
    }


def test_what_the_reference_refuses_is_refused_in_its_words(
    model: Qwen3ASRModel, goldens: Path, expected: dict[str, Any]
) -> None:
    bare = Qwen3ASRModel.from_pretrained(str(goldens / "checkpoints" / "asr-hf"))
    made = calls(model, bare)
    cases = {case["id"]: case["error"] for case in expected["errors"]}
    assert set(cases) == set(made) | OVERRIDDEN_ERRORS
    for name, call in made.items():
        kind = {"ValueError": ValueError, "TypeError": TypeError, "FileNotFoundError": FileNotFoundError}[
            cases[name]["type"]
        ]
        with pytest.raises(kind, match=f"^{re.escape(cases[name]['message'])}$"):
            call()


def test_no_batch_size_of_zero(goldens: Path) -> None:
    with pytest.raises(ValueError, match="max_inference_batch_size must be positive"):
        load(goldens, "hf", batch_size=0)


# --- where asrlab does more


def test_codes_paths_bytes_and_base64_are_taken(model: Qwen3ASRModel, goldens: Path) -> None:
    import base64

    path = goldens / "audio" / "clip_1_23.flac"
    data = path.read_bytes()
    text = base64.b64encode(data).decode()
    ways = [
        str(path),
        path,
        data,
        text,
        f"data:audio/flac;base64,{text}",
        soundfile.read(path, dtype="float32"),
    ]
    results = model.transcribe(ways, language="en")
    assert {result.text for result in results} == {model.transcribe(str(path), language="English")[0].text}


def test_audio_of_any_length_gives_a_result(model: Qwen3ASRModel) -> None:
    clips = [(wav()[:count], 16_000) for count in (0, 1, 150, 799, 8_000, 8_001)]
    empty, *others = model.transcribe(clips, return_time_stamps=True)
    assert (empty.text, empty.language, empty.time_stamps) == ("", "", None)
    assert all(result.raw for result in others)


def test_integers_are_scaled_by_their_range(model: Qwen3ASRModel) -> None:
    whole = np.round(wav() * 3276.8).astype(np.int16)
    as_float, as_int = model.transcribe([(whole / np.float32(32768), 16_000), (whole, 16_000)])
    assert as_float == as_int


def test_no_number_is_an_error(model: Qwen3ASRModel) -> None:
    broken = wav()
    broken[7] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.transcribe((broken, 16_000))


def test_asrlabs_chunks_are_the_same_with_and_without_time_stamps(
    model: Qwen3ASRModel, goldens: Path, loaded: LoadedQwen3
) -> None:
    long = str(goldens / "audio" / "long.flac")
    ours = Qwen3ASRModel(loaded, model.forced_aligner, max_new_tokens=4, chunking="asrlab")
    (stamped,) = ours.transcribe(long, return_time_stamps=True)
    (plain,) = ours.transcribe(long)
    assert (plain.text, plain.raw) == (stamped.text, stamped.raw)
    assert plain.raw is not None
    # 200 s, in pieces of 25 to 30 s.
    assert 7 <= len(plain.raw.splitlines()) <= 8 + plain.text.count("\n")


def test_asrlabs_chunks_never_exceed_the_cap(
    model: Qwen3ASRModel, goldens: Path, loaded: LoadedQwen3
) -> None:
    ours = Qwen3ASRModel(loaded, model.forced_aligner, max_new_tokens=4, chunking="asrlab")
    (result,) = ours.transcribe(str(goldens / "audio" / "long.flac"), return_time_stamps=True)
    assert result.truncated is True
    assert "truncated" in (result.flags or ())
