"""The card of a data set: a README.md beside the manifest that says what is in it and where it comes from.

It names no time and no place, so that the same release has the same card everywhere. A README.md of somebody else's in
the folder is never replaced.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asrlab import __version__
from asrlab.domain.time import MS_PER_SECOND, SECONDS_PER_HOUR
from asrlab.export.bars import bars_svg
from asrlab.export.files import written_whole
from asrlab.export.statistics import LONGEST_BIN_S, Statistics, length_text, most_first

FILE_NAME = "README.md"
OTHER_NAME = "DATASET.md"
NAMES = (FILE_NAME, OTHER_NAME)
MARK = "<!-- Written by asrlab export: replaced by the next one. -->"
PLOTS = "plots"
MAX_ROWS = 30


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card tells beside the counts. engines: name, checkpoint and revision of each that wrote a text.

    left_out: by reason, how many utterances and how many milliseconds. leaks: what the splits avoided, in words.
    data_files: see `Format`.
    """

    title: str
    form: str
    query: Sequence[tuple[str, str]]
    engines: Sequence[tuple[str, str, str]]
    left_out: Mapping[str, tuple[int, int]]
    leaks: Sequence[str]
    data_files: str = ""


def write_card(folder: Path, facts: CardFacts, splits: Mapping[str, Statistics]) -> list[Path]:
    """Write the card and its plots; returns the files, the card first. splits: by name, {"": all} without any."""
    plots = _write_plots(folder / PLOTS, splits)
    name = FILE_NAME if _is_ours(folder / FILE_NAME) else OTHER_NAME
    with written_whole(folder / name) as file:
        file.writelines(f"{line}\n" for line in _lines(facts, splits, [path.name for path in plots]))
    return [folder / name, *plots]


def _is_ours(path: Path) -> bool:
    """Whether a README.md may be written there: none is there, or one of a former export."""
    return not path.exists() or MARK in path.read_text(encoding="utf-8", errors="replace")


def _lines(facts: CardFacts, splits: Mapping[str, Statistics], plots: Sequence[str]) -> Iterator[str]:
    every = list(splits.values())
    if facts.data_files:
        yield from _data_files(facts.data_files, splits)
    yield from (f"# {facts.title}", "", MARK, "")
    utterances, length = sum(each.num_utterances for each in every), sum(each.audio_ms for each in every)
    yield f"{utterances:,} utterances, {length_text(length)} of speech, format `{facts.form}`; asrlab {__version__}."
    yield "What each file holds, by checksum, and the version of every text: `export.lock.json`."
    yield from ("", *_table(("split", "utterances", "speech", "recordings", "speakers"), _split_rows(splits)))
    yield from _shares("Languages", "language", [each.by_language for each in every])
    yield from _shares("Who wrote the texts", "origin", [each.by_writer for each in every])
    yield from _shares("Review", "verdict", [each.by_verdict for each in every])
    yield from _licences([each.by_license for each in every])
    if facts.engines:
        rows = [
            (_cell(name), _cell(checkpoint), _cell(revision)) for name, checkpoint, revision in facts.engines
        ]
        yield from ("", "## Engines", "", *_table(("engine", "checkpoint", "revision"), rows))
    yield from ("", "## How it was chosen", "")
    yield from _table(("option", "value"), [(f"`{name}`", _cell(value)) for name, value in facts.query])
    if facts.left_out:
        rows = [
            (reason.replace("_", " "), f"{count:,}", length_text(length))
            for reason, (count, length) in sorted(facts.left_out.items())
        ]
        yield from ("", "Left out:", "", *_table(("why", "utterances", "speech"), rows))
    if facts.leaks:
        yield from ("", "Between the splits:", "", *(f"- {leak}" for leak in facts.leaks))
    yield from ("", "## Lengths", "", *(f"![{name}]({PLOTS}/{name})" for name in plots))


def _data_files(pattern: str, splits: Mapping[str, Statistics]) -> Iterator[str]:
    """Which files are the data, as `datasets` reads it: it would take the lock file for data too."""
    yield from ("---", "configs:", "- config_name: default", "  data_files:")
    for name, each in splits.items():
        if each.num_utterances:
            yield from (
                f"  - split: {name or 'train'}",
                f"    path: {name}/{pattern}" if name else f"    path: {pattern}",
            )
    yield from ("---", "")


def _split_rows(splits: Mapping[str, Statistics]) -> list[tuple[str, ...]]:
    return [
        (
            name or "all",
            f"{each.num_utterances:,}",
            length_text(each.audio_ms),
            f"{each.num_recordings:,}",
            f"{len(each.speakers):,}" if each.speakers else "unknown",
        )
        for name, each in splits.items()
    ]


def _shares(title: str, column: str, counted: Sequence[Mapping[str, int]]) -> Iterator[str]:
    """A table of hours and percent by name; the least of many stand in one row."""
    total: dict[str, int] = {}
    for counts in counted:
        for name, length in counts.items():
            total[name] = total.get(name, 0) + length
    everything = sum(total.values()) or 1
    ordered = list(most_first(total).items())
    if len(ordered) > MAX_ROWS:
        rest = sum(length for _, length in ordered[MAX_ROWS:])
        ordered = [*ordered[:MAX_ROWS], (f"{len(ordered) - MAX_ROWS} others", rest)]
    rows = [
        (_cell(name), length_text(length), f"{100 * length / everything:.1f} %") for name, length in ordered
    ]
    yield from ("", f"## {title}", "", *_table((column, "speech", "share"), rows))


def _licences(counted: Sequence[Mapping[tuple[str, str], int]]) -> Iterator[str]:
    """Which licence each corpus is under, a corpus under several in several rows; none is left out."""
    total: Counter[tuple[str, str]] = Counter()
    for counts in counted:
        total.update(counts)
    everything = sum(total.values()) or 1
    of_corpus: Counter[str] = Counter()
    for (corpus, _), length in total.items():
        of_corpus[corpus] += length
    ordered = sorted(
        total.items(), key=lambda item: (-of_corpus[item[0][0]], item[0][0], -item[1], item[0][1])
    )
    rows = [
        (_cell(corpus), _cell(licence), length_text(length), f"{100 * length / everything:.1f} %")
        for (corpus, licence), length in ordered
    ]
    yield from ("", "## Licences", "", *_table(("corpus", "licence", "speech", "share"), rows))


def _cell(text: str) -> str:
    """A value as a cell of a table: whatever people call their corpora, it ends no cell and makes no markup."""
    line = " ".join(text.split())
    for character in "\\`*_{}[]<>|!":
        line = line.replace(character, f"\\{character}")
    return line or "–"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _write_plots(folder: Path, splits: Mapping[str, Statistics]) -> list[Path]:
    durations = [sum(bins) for bins in zip(*(each.durations for each in splits.values()), strict=True)]
    last = max((second for second, count in enumerate(durations) if count), default=0)
    labels = [f"{second}" if second < LONGEST_BIN_S else f"{second}+" for second in range(last + 1)]
    languages: dict[str, float] = {}
    for each in splits.values():
        for language, length in each.by_language.items():
            languages[language] = languages.get(language, 0.0) + length / MS_PER_SECOND / SECONDS_PER_HOUR
    names = list(languages)[:MAX_ROWS]
    drawn = {
        "durations.svg": bars_svg("Utterances by length in seconds", labels, durations[: last + 1]),
        "languages.svg": bars_svg("Hours by language", names, [languages[name] for name in names]),
    }
    for name, picture in drawn.items():
        with written_whole(folder / name) as file:
            file.write(picture)
    return [folder / name for name in drawn]
