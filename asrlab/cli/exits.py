"""Exit codes, and what is said when a person stops a command."""

EXIT_DONE = 0
EXIT_USER_ERROR = 1
EXIT_USAGE = 2
EXIT_WITH_FAILURES = 3
INTERRUPTED = 130

STOPPED = "asrlab: stopped. What was finished is stored; the same command again goes on from there."
