"""Every error asrlab raises on purpose, as one tree; a message says what was wrong, where, and what to do next.

AsrlabError
├── UserError                 the call can't be carried out as given; the command exits 1
│   ├── InputNotFoundError      a path or pattern that names nothing
│   ├── UnknownEngineError      no engine or aligner of that name is installed
│   ├── MissingExtraError       an optional package is needed: the message names the extra
│   ├── CheckpointError         weights that are absent, of another architecture, or damaged
│   ├── OptionError             an option's value does not fit the engine or the recipe
│   ├── SourceError             a source of that name exists already, or does not
│   ├── ReleaseError            a release of that name does not exist, is sealed otherwise, or can't be made again
│   ├── CatalogError            the catalog can't be opened, is newer than this asrlab, …
│   ├── ConflictError           somebody changed the segment meanwhile: look at theirs, then decide again
│   └── QueryError              SQL that does not run, or that would write
├── ItemError                 one file or segment can't be labeled: recorded, the batch goes on
│   └── AudioError              … because of its audio
├── TransientError            worth trying again: a lost connection, a busy disk
├── StoppedError              this process was asked to stop, and has stored what it had
└── FlowError                 the flow ended with failed tasks, or its server did not start
"""

from asrlab.domain.reasons import FailureReason


class AsrlabError(Exception):
    """The root of the tree; catch this to catch everything asrlab raises on purpose."""


class UserError(AsrlabError):
    """The call can't be carried out as given."""


class InputNotFoundError(UserError):
    """A path or pattern that names nothing."""


class UnknownEngineError(UserError):
    """No engine or aligner of that name is installed."""


class MissingExtraError(UserError):
    """An optional package is needed; the message names the extra that brings it."""


class CheckpointError(UserError):
    """Weights that are absent, of another architecture, or damaged."""


class OptionError(UserError):
    """An option's value does not fit the engine, the recipe or the format."""


class SourceError(UserError):
    """A source of that name exists already, or does not."""


class ReleaseError(UserError):
    """A release of that name does not exist, is sealed with other options, or can't be made again."""


class CatalogError(UserError):
    """The catalog can't be opened or used."""


class QueryError(UserError):
    """SQL that does not run, or that would write."""


class ConflictError(UserError):
    """Somebody changed the segment meanwhile, and nothing was stored.

    current_id: the version that counts now, None where the segment has none or is no segment of today any more.
    """

    def __init__(self, message: str, current_id: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.current_id = current_id

    def __reduce__(self) -> tuple[type["ConflictError"], tuple[str, int | None]]:
        return type(self), (self.message, self.current_id)


class ItemError(AsrlabError):
    """One file or segment can't be labeled.

    It is recorded in the catalog's failures under `reason`; the rest of the batch goes on.
    """

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def __reduce__(self) -> tuple[type["ItemError"], tuple[FailureReason, str]]:
        return type(self), (self.reason, self.message)


class AudioError(ItemError):
    """One file's audio can't be used."""


class TransientError(AsrlabError):
    """Worth trying again after a pause."""


class StoppedError(AsrlabError):
    """This process was asked to stop; what was finished is stored."""


class FlowError(AsrlabError):
    """A flow that ended with failed tasks, or whose server did not start."""


def as_item_error(error: Exception, reason: FailureReason) -> ItemError:
    """What one item's unexpected exception is recorded as; asrlab's own item errors stay as they are.

    Raises the error again when it is not about the item: a user's mistake, or worth trying again.
    """
    if isinstance(error, ItemError):
        return error
    if isinstance(error, AsrlabError):
        raise error
    return ItemError(reason, f"{type(error).__name__}: {str(error).strip() or 'no message'}".splitlines()[0])
