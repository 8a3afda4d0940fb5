"""What a check found: facts for people, and problems, each with what is wrong and where."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """facts: what was counted, in order. problems: one line each; none means that all holds."""

    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
