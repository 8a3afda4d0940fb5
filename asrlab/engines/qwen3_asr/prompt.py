"""The prompts of recognizer and aligner as token ids, with the place of the audio in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.engines.qwen3_asr.loading import LoadedQwen3
from asrlab.engines.qwen3_asr.output import ASR_TEXT_TAG
from asrlab.errors import CheckpointError

AUDIO = "<|audio_start|><|audio_pad|><|audio_end|>"
MARK = "<timestamp>"
MARKS = MARK * 2


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids in front of the audio and behind it."""

    before: list[int]
    after: list[int]

    def ids(self, audio_tokens: int, audio_token_id: int) -> list[int]:
        """The whole prompt, with so many placeholders for audio."""
        return [*self.before, *[audio_token_id] * audio_tokens, *self.after]


def recognition_text(loaded: LoadedQwen3, context: str, language: str | None) -> str:
    """What a recognizer is asked, with one placeholder for the audio; `language` is a canonical name or None.

    The context is the system's turn, verbatim. A forced language begins the answer, so that only text follows.
    """
    messages = [
        {"role": "system", "content": context},
        {"role": "user", "content": [{"type": "audio", "audio": ""}]},
    ]
    text = str(
        loaded.tokenizer.apply_chat_template(
            messages, chat_template=loaded.template, add_generation_prompt=True, tokenize=False
        )
    )
    return text if language is None else f"{text}language {language}{ASR_TEXT_TAG}"


def tokenize(loaded: LoadedQwen3, text: str) -> Prompt:
    """The ids of a prompt, parted at its last audio placeholder.

    Before it, only the user's context could hold another, and there it is text like any other.
    """
    ids: list[int] = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    places = [index for index, token in enumerate(ids) if token == loaded.model.config.audio_token_id]
    if not places:
        raise CheckpointError(
            "the checkpoint's chat template leaves no place for audio: it is not Qwen3-ASR's"
        )
    return Prompt(ids[: places[-1]], ids[places[-1] + 1 :])


def alignment_prompt(loaded: LoadedQwen3, words: Sequence[str]) -> Prompt:
    """What an aligner is asked: audio, then each word and two marks. No chat around it: that shifts the times."""
    return tokenize(loaded, AUDIO + MARKS.join(words) + MARKS)
