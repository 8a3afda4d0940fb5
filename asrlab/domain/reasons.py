"""Why an item stands in failures: the closed list of reason codes that users query and retry by."""

from enum import StrEnum


class FailureReason(StrEnum):
    """A reason code; the message beside it says what happened to this very item."""

    # the file
    EMPTY_FILE = "empty_file"  # 0 bytes
    NO_SAMPLES = "no_samples"  # a valid header and no audio behind it
    NOT_AUDIO = "not_audio"  # no decoder knows it, or it holds no audio stream
    TRUNCATED = "truncated"  # fewer samples than the header says
    NOT_FINITE = "not_finite"  # NaN or infinite samples
    DECODE_ERROR = "decode_error"  # decoding starts and breaks off
    DECOMPRESSION_BOMB = "decompression_bomb"  # decodes to absurdly much audio for its size
    PERMISSION_DENIED = "permission_denied"
    UNREADABLE = "unreadable"  # any other I/O error of the file system
    VANISHED = "vanished"  # known to the catalog, no longer where it was
    CHANGED = "changed"  # other bytes than those ingested
    UNREACHABLE = "unreachable"  # a URL that gives no answer, or not the whole file
    PRIVATE_ADDRESS = "private_address"  # a URL that leads into a private network
    TOO_LARGE = "too_large"  # more bytes behind a URL than are fetched
    FORGOTTEN = "forgotten"  # audio that was forgotten on purpose and is not to come back
    # what is said of it
    BAD_REFERENCE = "bad_reference"  # a line of a manifest, or a sidecar, that can't be used
    # the engine
    TOO_LONG = "too_long"  # longer than the engine reads at once
    ENGINE_ERROR = "engine_error"  # the engine raised on this very segment
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"  # the engine or aligner gave no answer in time
    ENGINE_DIED = "engine_died"  # its process ended while it worked on this very segment
    TEXT_TRUNCATED = (
        "text_truncated"  # the model did not end the text: what there is of it is kept, and flagged
    )
    # the aligner
    ALIGNMENT_FAILED = "alignment_failed"
    LANGUAGE_UNSUPPORTED = "language_unsupported"


# These say nothing about the bytes, only about the place they were looked for at.
REASONS_OF_THE_PLACE = frozenset(
    {
        FailureReason.PERMISSION_DENIED,
        FailureReason.UNREADABLE,
        FailureReason.VANISHED,
        FailureReason.CHANGED,
        FailureReason.UNREACHABLE,
        FailureReason.PRIVATE_ADDRESS,
        FailureReason.TOO_LARGE,
    }
)
