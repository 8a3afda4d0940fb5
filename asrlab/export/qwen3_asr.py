"""Qwen3-ASR's fine-tuning format: clips, and JSON Lines of `audio` and `text`.

A text begins with its language as the model writes it: `language English<asr_text>It was …`, `language None` for one
that is not known (https://github.com/QwenLM/Qwen3-ASR, finetuning/). The format has no offset, so clips are cut.
"""

from pathlib import Path

from asrlab.catalog.selection import LabeledSegment
from asrlab.export.clips import clip_name, cut_segments, sweep
from asrlab.export.files import json_line, written_whole
from asrlab.export.selection import Selection

FILE_NAME = "train.jsonl"
CLIPS = "clips"
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


def write_qwen3_asr(selection: Selection, folder: Path) -> tuple[Path, int]:
    """Write `train.jsonl` and `clips/` into `folder`; returns the manifest and its number of lines.

    The manifest takes its place when all its clips are there, and only then are those of a former one removed, so
    that at no moment does a line lack its clip. Raises UserError when audio can't be read.
    """
    clips = folder.resolve() / CLIPS
    cut_segments(selection, clips)
    target = folder / FILE_NAME
    names: set[str] = set()
    with written_whole(target) as file:
        for recording in selection.recordings:
            for segment in recording.segments:
                name = clip_name(recording.source, segment)
                file.write(json_line({"audio": str(clips / name), "text": labeled_text(segment)}))
                names.add(name)
    sweep(clips, names)
    return target, selection.num_segments


def labeled_text(segment: LabeledSegment) -> str:
    """The text behind its language: `language English<asr_text>It was …`."""
    return f"language {language_name(segment.language)}{TEXT_MARK}{segment.text}"


def language_name(language: str | None) -> str:
    """The model's name of a language given as BCP-47 tag or English name, "None" for one it does not know."""
    given = (language or "").strip().lower()
    if given.startswith("zh-yue"):
        return LANGUAGES["yue"]
    by_name = next((name for name in LANGUAGES.values() if name.lower() == given), UNKNOWN)
    return LANGUAGES.get(given.replace("_", "-").partition("-")[0], by_name)
