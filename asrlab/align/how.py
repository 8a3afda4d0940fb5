"""What an alignment is done with."""

from dataclasses import dataclass

from asrlab.domain.time import Seconds
from asrlab.engines.protocol import Aligner


@dataclass(frozen=True, slots=True)
class Alignment:
    """How to align. fingerprint: over the aligner and its weights."""

    aligner: Aligner
    run_id: int
    fingerprint: str
    batch_seconds: Seconds
