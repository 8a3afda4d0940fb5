"""A Whisper checkpoint's tokens, read from its directory: no weights, no transformers tokenizer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from asrlab.engines.faster_whisper.checkpoint import TOKENIZER, VOCABULARIES
from asrlab.engines.whisper.languages import is_multilingual, language_name, whisper_language_tag
from asrlab.errors import CheckpointError, OptionError


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The tokens that steer a checkpoint.

    size: how many logits the decoder gives. suppressed, suppressed_first: ids that are never a text's, and never
    its first. timestamps_begin: the first time stamp; greater ids are never text.
    """

    tokenizer: Tokenizer
    size: int
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]
    is_multilingual: bool
    timestamps_begin: int

    def token(self, text: str) -> int:
        """The id of a token that the vocabulary must hold."""
        found = self.tokenizer.token_to_id(text)
        if found is None:
            raise CheckpointError(f"the checkpoint's tokenizer has no {text}: it is not Whisper's")
        return int(found)

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The tokens as the vocabulary writes them; "" for an id the tokenizer does not know."""
        return [self.tokenizer.id_to_token(id) or "" for id in ids]

    def text_tokens(self, text: str) -> list[int]:
        """The ids of a text behind a space; what looks like a special token in it is plain text."""
        return list(self.tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def text(self, ids: Sequence[int], *, special: bool) -> str:
        """What ids spell, with or without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=not special))

    def start_tokens(self, language_tag: str) -> list[int]:
        """What a transcription in this language begins with, but for the token that says how time is told."""
        start = [self.token("<|startoftranscript|>")]
        if self.is_multilingual:
            start += [self.token(f"<|{language_tag}|>"), self.token("<|transcribe|>")]
        return start

    def language_tag(self, language: str) -> str:
        """Whisper's tag for a BCP-47 tag or an English name; raises OptionError for what it does not know."""
        tag = whisper_language_tag(language, is_multilingual=self.is_multilingual)
        if self.is_multilingual and self.tokenizer.token_to_id(f"<|{tag}|>") is None:
            # Cantonese came with large-v3.
            raise OptionError(f"this checkpoint does not know {language_name(tag)}: give a newer --model")
        return tag


@lru_cache(maxsize=4)
def read_vocabulary(path: Path) -> Vocabulary:
    """The tokens of the checkpoint at `path`. Raises CheckpointError for files that are damaged."""
    try:
        tokenizer = Tokenizer.from_file(str(path / TOKENIZER))
    except Exception as error:
        # The library raises bare Exception; anything it raises here is about this file.
        raise CheckpointError(f"{path / TOKENIZER} can't be read: {error}") from error
    tokenizer.encode_special_tokens = True
    config = _read_config(path / "config.json")
    size = _vocabulary_size(path)
    no_timestamps = tokenizer.token_to_id("<|notimestamps|>")
    if no_timestamps is None:
        raise CheckpointError(f"{path / TOKENIZER} has no <|notimestamps|>: it is not Whisper's")
    suppressed = (*_ids(config, "suppress_ids"), *range(no_timestamps + 1, size))
    return Vocabulary(
        tokenizer=tokenizer,
        size=size,
        suppressed=suppressed,
        suppressed_first=_ids(config, "suppress_ids_begin"),
        is_multilingual=is_multilingual({}, size),
        timestamps_begin=no_timestamps + 1,
    )


def _read_config(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not JSON: fetch the checkpoint again") from error
    return found if isinstance(found, dict) else {}


def _ids(config: dict[str, object], name: str) -> tuple[int, ...]:
    found = config.get(name)
    if not isinstance(found, list):
        return ()
    return tuple(id for id in found if isinstance(id, int) and id >= 0)


def _vocabulary_size(path: Path) -> int:
    """The number of entries: a JSON list, or a line each."""
    json_file, text_file = (path / name for name in VOCABULARIES)
    try:
        if json_file.is_file():
            return len(json.loads(json_file.read_bytes()))
        return text_file.read_bytes().count(b"\n")
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path} has a damaged vocabulary: fetch the checkpoint again") from error
