"""Qwen3-ASR's fine-tuning format: clips, and JSON Lines of `audio` and `text`.

A text begins with its language as the model writes it: `language English<asr_text>It was …`, `language None` for one
that is not known (https://github.com/QwenLM/Qwen3-ASR, finetuning/). The format has no offset, so clips are cut.
"""

from pathlib import Path

from asrlab.export.files import json_line, written_whole
from asrlab.export.formats.protocol import AudioNeed, DataSet, Format

FILE_NAME = "train.jsonl"
UNKNOWN = "None"
TEXT_MARK = "<asr_text>"

# The languages of the model's configuration (`support_languages`), by BCP-47's primary subtag.
LANGUAGES = {
    "ar": "Arabic",
    "cmn": "Chinese",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fil": "Filipino",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "mk": "Macedonian",
    "ms": "Malay",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tl": "Filipino",
    "tr": "Turkish",
    "vi": "Vietnamese",
    "yue": "Cantonese",
    "zh": "Chinese",
}


def write_qwen3_asr(data: DataSet, folder: Path) -> list[Path]:
    """Write `train.jsonl`, an utterance a line; `prompt` is what the engine was told to expect, where it was."""
    target = folder / FILE_NAME
    with written_whole(target) as file:
        for recording in data.recordings():
            for utterance in recording.utterances:
                entry: dict[str, object] = {
                    "audio": data.audio.place(recording, utterance).path,
                    "text": labeled_text(utterance.text, utterance.language),
                }
                if utterance.context:
                    entry["prompt"] = utterance.context
                file.write(json_line(entry))
    return [target]


def labeled_text(text: str, language: str | None) -> str:
    """The text behind its language: `language English<asr_text>It was …`."""
    return f"language {language_name(language)}{TEXT_MARK}{text}"


def language_name(language: str | None) -> str:
    """The model's name of a language given as BCP-47 tag or English name, "None" for one it does not know."""
    given = (language or "").strip().lower()
    if given.startswith("zh-yue"):
        return LANGUAGES["yue"]
    by_name = next((name for name in LANGUAGES.values() if name.lower() == given), UNKNOWN)
    return LANGUAGES.get(given.replace("_", "-").partition("-")[0], by_name)


FORMATS = (Format("qwen3-asr", "Qwen3-ASR's fine-tuning format", write_qwen3_asr, AudioNeed.CLIPS),)
