"""Which versions of texts an export chooses from, as SQL that stands in for the view `v_current`.

The query names itself v_current, so a condition written for the view holds for what engine X heard, or for what
counted last month, too. It finds the texts that count several times faster than the view, recording by recording;
tests hold the two equal.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from asrlab.errors import OptionError

CURRENT = "current"
HUMAN = "human"

_RANK = "CASE {t}.origin WHEN 'human' THEN 0 WHEN 'import' THEN 1 WHEN 'consensus' THEN 2 ELSE 3 END"
_URI = """(SELECT f.uri FROM recording_files f WHERE f.recording_id = r.recording_id
        ORDER BY CASE WHEN f.superseded_at IS NULL THEN 0 ELSE 1 END, f.file_id LIMIT 1)"""
_VERDICT = """(SELECT w.verdict FROM reviews w WHERE w.transcript_id = t.transcript_id{until}
        AND {in_force} ORDER BY w.review_id DESC LIMIT 1)"""
_ALIGNMENT = (
    """(SELECT MAX(a.alignment_id) FROM alignments a WHERE a.transcript_id = t.transcript_id{until})"""
)

# The recording comes first, and CROSS JOIN keeps it there on SQLite: its rows come in the order of its index.
_COLUMNS = """
SELECT t.transcript_id, t.segment_id, s.recording_id, {uri} AS uri, t.version, t.parent_id, t.origin, e.engine,
       e.checkpoint, t.run_id, t.author, t.language, t.text, t.raw_text, t.confidence, t.finish_reason,
       {flags} AS flags, t.created_at, t.engine_language,
       CAST(s.start_ms AS DOUBLE PRECISION) / 1000 AS start_s, CAST(s.end_ms AS DOUBLE PRECISION) / 1000 AS end_s,
       s.channel, {speaker} AS speaker, r.corpus, {verdict} AS verdict,
       s.start_ms, s.end_ms, r.content_hash AS recording_hash, COALESCE(s.context, r.context) AS context,
       {alignment} AS alignment_id
"""
_FROM_SEGMENTS = """
FROM recordings r CROSS JOIN segmentations g CROSS JOIN segments s CROSS JOIN transcripts t
LEFT JOIN engine_runs e ON e.run_id = t.run_id
WHERE g.recording_id = r.recording_id AND {is_active}
  AND s.segmentation_id = g.segmentation_id AND {is_not_superseded}
  AND t.segment_id = s.segment_id
  AND EXISTS (SELECT 1 FROM recording_files f WHERE f.recording_id = r.recording_id AND f.superseded_at IS NULL)
  AND {chosen}
  AND NOT EXISTS (SELECT 1 FROM transcripts b WHERE b.segment_id = t.segment_id
                  AND b.transcript_id <> t.transcript_id AND {better})
"""
_FROM_RELEASE = """
FROM release_items i CROSS JOIN transcripts t CROSS JOIN segments s CROSS JOIN recordings r
LEFT JOIN engine_runs e ON e.run_id = t.run_id
WHERE i.release_id = {release_id} AND t.transcript_id = i.transcript_id
  AND s.segment_id = t.segment_id AND r.recording_id = s.recording_id
"""


@dataclass(frozen=True, slots=True)
class Population:
    """Which version of each segment's text is looked at.

    version: current, human, engine:NAME or run:ID. as_of: what counted at that moment (aware), by the versions,
    words, verdicts and segmentations of then. release_id: exactly what is in that release instead, as it was sealed.
    """

    version: str = CURRENT
    as_of: datetime | None = None
    release_id: int | None = None


def population_sql(population: Population) -> str:
    """A SELECT with the columns of v_current and more: start_ms, end_ms, recording_hash, context, alignment_id.

    Raises OptionError for a version that is none.
    """
    if population.release_id is not None:
        return _COLUMNS.format(
            uri=_URI, flags="i.flags", speaker="i.speaker", verdict="i.verdict", alignment="i.alignment_id"
        ) + _FROM_RELEASE.format(release_id=population.release_id)
    until = _until(population.as_of)
    chosen, is_among = _version(population.version)
    rank_b, rank_t = _RANK.format(t="b"), _RANK.format(t="t")
    if chosen == "TRUE":
        better = f"({rank_b} < {rank_t} OR ({rank_b} = {rank_t} AND b.version > t.version))"
    else:
        better = f"b.version > t.version AND {is_among}"
    columns = _COLUMNS.format(
        uri=_URI,
        flags="t.flags",
        speaker="COALESCE(s.speaker, r.speaker)",
        verdict=_VERDICT.format(until=until.format(row="w"), in_force=_in_force(population.as_of)),
        alignment=_ALIGNMENT.format(until=until.format(row="a")),
    )
    return columns + _FROM_SEGMENTS.format(
        is_active=_active(population.as_of),
        is_not_superseded=_not_superseded(population.as_of),
        chosen=chosen + until.format(row="t"),
        better=better + until.format(row="b"),
    )


def literal(text: str) -> str:
    """A text as an SQL string."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _version(version: str) -> tuple[str, str]:
    """Conditions on a version `t` and on another one `b` of its segment: whether it is of those looked at."""
    kind, _, name = version.partition(":")
    if version == CURRENT:
        return "TRUE", "TRUE"
    if version == HUMAN:
        return "t.origin = 'human'", "b.origin = 'human'"
    if kind == "engine" and name:
        is_by = f"SELECT x.run_id FROM engine_runs x WHERE x.engine = {literal(name)}"
        return f"t.run_id IN ({is_by})", f"b.run_id IN ({is_by})"
    if kind == "run" and name.isdecimal() and len(name) < 10:
        return f"t.run_id = {int(name)}", f"b.run_id = {int(name)}"
    raise OptionError(
        f"there is no version {version!r}: give current, human, engine:NAME, or run:ID of `asrlab sql "
        '"SELECT run_id, engine FROM v_runs"`'
    )


def _until(as_of: datetime | None) -> str:
    return "" if as_of is None else f" AND {{row}}.created_at <= {_moment(as_of)}"


def _active(as_of: datetime | None) -> str:
    if as_of is None:
        return "g.is_active"
    return f"""g.segmentation_id = (SELECT v.segmentation_id FROM activations v
        WHERE v.recording_id = r.recording_id AND v.activated_at <= {_moment(as_of)}
        ORDER BY v.activation_id DESC LIMIT 1)"""


def _not_superseded(as_of: datetime | None) -> str:
    if as_of is None:
        return "s.superseded_by IS NULL"
    return f"(s.superseded_by IS NULL OR s.superseded_at > {_moment(as_of)})"


def _in_force(as_of: datetime | None) -> str:
    if as_of is None:
        return "w.withdrawn_at IS NULL"
    return f"(w.withdrawn_at IS NULL OR w.withdrawn_at > {_moment(as_of)})"


def _moment(moment: datetime) -> str:
    """A moment as both databases compare it with their columns.

    SQLite holds UTC as text without a zone; the zone behind it makes an equal moment the later text, as `<=` wants.
    """
    return literal(moment.astimezone(UTC).isoformat(sep=" ", timespec="microseconds"))
