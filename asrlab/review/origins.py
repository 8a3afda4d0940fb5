"""What a machine heard where people cut a segment otherwise: its text, parted and joined as theirs was."""

import re
from dataclasses import dataclass

from asrlab.catalog import Session
from asrlab.catalog.review_origins import Step, step_of
from asrlab.text.changes import diff_parts
from asrlab.text.joining import join_texts


@dataclass(frozen=True, slots=True)
class Heard:
    """engine: whose text it is, or its origin; of a joined one the first's."""

    text: str
    engine: str


def heard_before(session: Session, transcript_id: int) -> Heard | None:
    """What a machine heard of what this version says; None where no machine heard it."""
    return _heard(session, transcript_id, {})


def _heard(session: Session, transcript_id: int, known: dict[int, Heard | None]) -> Heard | None:
    """known: of versions that were asked about, as parts that were joined again share theirs."""
    if transcript_id in known:
        return known[transcript_id]
    step = _last_cut(session, transcript_id)
    heard: Heard | None = None
    if step is not None and step.engine is not None:
        heard = Heard(step.text, step.engine)
    elif step is not None and step.made_of:
        sources = [_heard(session, each, known) for each in step.made_of]
        found = [source for source in sources if source is not None]
        if found:
            heard = Heard(join_texts(source.text for source in found), found[0].engine)
            if step.how in ("first", "second"):
                whole = step_of(session, step.made_of[0])
                heard = heard if whole is None else _part(heard, whole.text, step)
    known[transcript_id] = heard
    return heard


def _last_cut(session: Session, transcript_id: int) -> Step | None:
    """Back over edits to the machine's text, or to where the text was parted or joined."""
    step = step_of(session, transcript_id)
    while step is not None and step.how is None and step.made_of:
        step = step_of(session, step.made_of[0])
    return step


def _part(heard: Heard, whole: str, step: Step) -> Heard:
    """Of what was heard of the whole, what became this part of it."""
    at = len(step.text) if step.how == "first" else len(whole) - len(step.text)
    first, second = cut_like(heard.text, whole, at)
    return Heard(first if step.how == "first" else second, heard.engine)


def cut_like(old: str, new: str, at: int) -> tuple[str, str]:
    """Part an old text where the new one, made of it, is parted before character `at`.

    >>> cut_like("it was the beast of times", "it was the best of times", 15)
    ('it was the beast', 'of times')
    """
    sides: tuple[list[str], list[str]] = ([], [])
    done = 0
    removed = ""
    for part in diff_parts(old, new):
        if part.kind == "removed":
            removed = part.text
            continue
        # The share of this part that lies before the cut; what it took the place of is parted likewise.
        length = len(part.text.rstrip()) or 1
        share = min(max((at - done) / length, 0.0), 1.0)
        if part.kind == "equal":
            _deal(removed, 1.0 if done < at else 0.0, sides)
            split = min(max(at - done, 0), len(part.text))
            sides[0].append(part.text[:split])
            sides[1].append(part.text[split:])
        else:
            _deal(removed, share, sides)
        done += len(part.text)
        removed = ""
    _deal(removed, 1.0 if done <= at else 0.0, sides)
    return join_texts(sides[0]), join_texts(sides[1])


def _deal(text: str, share: float, sides: tuple[list[str], list[str]]) -> None:
    """Whole words, that share of them to the first side."""
    ends = [0, *(word.end() for word in re.finditer(r"\S+", text))]
    split = ends[round(share * (len(ends) - 1))]
    sides[0].append(text[:split])
    sides[1].append(text[split:])
