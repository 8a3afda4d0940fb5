"""Word error rate of hypotheses against references; jiwer does the counting.

A rate over several texts is that of all their words together, never the mean of their rates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asrlab.errors import MissingExtraError
from asrlab.text.normalise import Normaliser


@dataclass(frozen=True, slots=True)
class WerReport:
    """The edits that turn the references into the hypotheses.

    words: words in the normalised references. wer: edits ÷ words, may be above 1; 0 when there are neither
    words nor edits, and infinite when something was heard where nothing was said.
    """

    wer: float
    substitutions: int
    deletions: int
    insertions: int
    words: int

    @property
    def edits(self) -> int:
        return self.substitutions + self.deletions + self.insertions


def word_error_rate(
    references: Sequence[str], hypotheses: Sequence[str], *, normaliser: Normaliser
) -> WerReport:
    """Compare texts pairwise, each normalised first; a text in which nothing is left counts as empty.

    Raises MissingExtraError without the package jiwer, ValueError when the texts don't pair up.
    """
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references can't be compared with {len(hypotheses)} hypotheses")
    try:
        import jiwer
    except ImportError as error:
        raise MissingExtraError(
            "a word error rate needs the package jiwer: pip install 'asrlab[eval]'"
        ) from error
    counts = jiwer.process_words(
        [normaliser(text) for text in references], [normaliser(text) for text in hypotheses]
    )
    # jiwer's own rate is the bare number of edits when there are no reference words.
    words = counts.hits + counts.substitutions + counts.deletions
    edits = counts.substitutions + counts.deletions + counts.insertions
    return WerReport(
        wer=_rate(edits, words),
        substitutions=counts.substitutions,
        deletions=counts.deletions,
        insertions=counts.insertions,
        words=words,
    )


def _rate(edits: int, words: int) -> float:
    if words == 0:
        return math.inf if edits else 0.0
    return edits / words
