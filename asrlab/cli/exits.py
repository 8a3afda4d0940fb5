"""Exit codes, and what is said when a person stops a command."""

EXIT_DONE = 0
EXIT_USER_ERROR = 1
EXIT_USAGE = 2
EXIT_WITH_FAILURES = 3
SIGNALED = 128
INTERRUPTED = 130

PREFIX = "asrlab: "
STOPPING = "stopping after the current batch (once more to stop at once)"
STOPPING_NOW = "stopping"
STOPPED = "stopped. What was finished is stored; the same command again goes on from there."


def exit_code_of(signal_number: int) -> int:
    """As a shell tells which signal ended a command."""
    return SIGNALED + signal_number
