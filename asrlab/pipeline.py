"""What `label` does, as one plan of stage calls: flows/ wraps each call in a Prefect task, `run_inline` chains
them without Prefect. Every step is idempotent and takes and gives ids, never audio.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from asrlab.align import Alignment, align_segments, transcripts_pending
from asrlab.catalog import Catalog
from asrlab.catalog.corpora import recording_priorities
from asrlab.catalog.recordings import DEFAULT_CORPUS, recording_durations, select_recording_ids
from asrlab.catalog.runs import NewRun, begin_run, finish_run
from asrlab.catalog.segments import Segment, segments_of_today
from asrlab.catalog.selection import segments_where
from asrlab.catalog.sources import KnownSource, find_source, known_sources
from asrlab.catalog.transcripts import TranscriptKey
from asrlab.domain.fingerprint import Scalar, fingerprint
from asrlab.domain.recipe import Recipe
from asrlab.domain.time import Seconds
from asrlab.engines.protocol import EngineInfo, EngineOptions
from asrlab.engines.registry import (
    aligner_factory,
    engine_factory,
    open_aligner,
    open_engine,
    pick_aligner,
    shares_checkpoint,
)
from asrlab.engines.silero import describe_silero, open_silero
from asrlab.errors import OptionError
from asrlab.ingest import Discovery, IngestPlan, apply_references, ingest_files
from asrlab.planning import grouped, groups_of_audio
from asrlab.segment import Cutter, recordings_pending, segment_recordings
from asrlab.stopping import check_stop
from asrlab.transcribe import Transcription, segments_pending, transcribe_segments

AUTO = "auto"
NO_ALIGNER = "none"
FILES_PER_GROUP = 100
RECORDINGS_PER_GROUP = 100
# After so many groups the catalog is asked again: what came meanwhile, and is more urgent, goes first.
GROUPS_PER_ROUND = 200
# Cutting a recording of this length takes as long as labeling many short ones.
LONG_SECONDS: Seconds = 1800.0
LONG_PER_ROUND = 2
# How often a process looks whether the work that others hold is done.
WAIT_FOR_OTHERS_S = 0.5


@dataclass(frozen=True, slots=True)
class LabelJob:
    """All that decides what a labeling call does with a recording; plain values, so that it can travel.

    language: BCP-47 tag or English name to force, None to detect. aligner: a name, "auto" or "none".
    group_seconds: audio in one group of work. sidecar: the kind of text files to take beside the audio, "any" for all.
    """

    corpus: str = DEFAULT_CORPUS
    recipe: Recipe = Recipe()
    engine: str = "whisper"
    engine_options: EngineOptions = EngineOptions()
    language: str | None = None
    context: str = ""
    aligner: str = AUTO
    aligner_options: EngineOptions | None = None
    group_seconds: Seconds = 600.0
    sidecar: str | None = None

    @property
    def options_of_aligner(self) -> EngineOptions:
        """The aligner's own options; an aligner of the engine's family uses the engine's checkpoint."""
        if self.aligner_options is not None:
            return self.aligner_options
        if shares_checkpoint(self.aligner_name, self.engine):
            return self.engine_options
        # Of what an engine was given, only the place and the patience hold for another family.
        return EngineOptions(device=self.engine_options.device, timeout=self.engine_options.timeout)

    @property
    def aligner_name(self) -> str | None:
        """The aligner that will run, None for none."""
        if self.aligner == NO_ALIGNER:
            return None
        return pick_aligner(self.language, self.engine).name if self.aligner == AUTO else self.aligner


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The keys under which this job's results stand in the catalog."""

    segment: str
    transcribe: str
    align: str | None

    @property
    def by_stage(self) -> dict[str, str]:
        """The same by the stage's name, without a stage that does not run."""
        stages = {"segment": self.segment, "transcribe": self.transcribe, "align": self.align}
        return {stage: key for stage, key in stages.items() if key is not None}


@dataclass(frozen=True, slots=True)
class Runs:
    """The engine runs a call writes its results under."""

    transcribe: int
    align: int | None

    @property
    def ids(self) -> tuple[int, ...]:
        return (self.transcribe,) if self.align is None else (self.transcribe, self.align)


def check_job(job: LabelJob) -> Fingerprints:
    """Resolve everything the job names, without loading weights.

    Raises UnknownEngineError, MissingExtraError, CheckpointError or OptionError before any work is done.
    """
    engine = engine_factory(job.engine).describe(job.engine_options)
    if engine.max_seconds is not None and job.recipe.max_seconds > engine.max_seconds:
        raise OptionError(
            f"--max-segment {job.recipe.max_seconds:g} is longer than the {engine.max_seconds:g} s that "
            f"{engine.name} reads at once: give {engine.max_seconds:g} or less"
        )
    return Fingerprints(
        segment=segment_fingerprint(job.recipe),
        transcribe=_transcribe_fingerprint(job, engine),
        align=check_aligner(job).fingerprint if job.aligner_name is not None else None,
    )


def segment_fingerprint(recipe: Recipe) -> str:
    """The key of the segmentations that this recipe makes."""
    return recipe.fingerprint(describe_silero(recipe).fingerprint if recipe.name == "silero-vad" else None)


def check_language(job: LabelJob) -> None:
    """Raise OptionError for a language the engine can't be forced to; may import much, loads no weights."""
    if job.language is not None:
        engine_factory(job.engine).check_language(job.engine_options, job.language)


def check_aligner(job: LabelJob) -> EngineInfo:
    """The aligner the job names, without loading weights; the errors are those of `check_job`."""
    assert job.aligner_name is not None
    return aligner_factory(job.aligner_name).describe(job.options_of_aligner)


def sources_to_look_at(catalog: Catalog, names: Sequence[str] = ()) -> list[KnownSource]:
    """The sources of these names, or all that are enabled; raises SourceError for a name that there is not."""
    with catalog.reading() as session:
        if names:
            return [find_source(session, name) for name in dict.fromkeys(names)]
        return [known for known in known_sources(session) if known.is_enabled]


def ingest_group(catalog: Catalog, job: LabelJob, uris: Sequence[str]) -> list[int]:
    """Ingest a group of files; returns the ids of their recordings."""
    return ingest_files(catalog, uris, job.corpus)


def segment_group(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> int:
    """Cut a group of recordings; returns how many were cut."""
    detector = open_silero(job.recipe) if job.recipe.name == "silero-vad" else None
    cutter = Cutter(job.recipe, segment_fingerprint(job.recipe), detector)
    return segment_recordings(catalog, cutter, recording_ids)


def transcribe_group(catalog: Catalog, job: LabelJob, run_id: int, segment_ids: Sequence[int]) -> int:
    """Transcribe a group of segments; returns how many transcripts were stored."""
    engine = open_engine(job.engine, job.engine_options)
    how = Transcription(
        engine,
        run_id,
        TranscriptKey(_transcribe_fingerprint(job, engine.info)),
        job.language,
        job.context,
        job.engine_options.batch_seconds,
    )
    return transcribe_segments(catalog, how, segment_ids)


def align_group(catalog: Catalog, job: LabelJob, run_id: int, segment_ids: Sequence[int]) -> int:
    """Align the current texts of a group of segments; returns how many alignments were stored."""
    assert job.aligner_name is not None
    options = job.options_of_aligner
    aligner = open_aligner(job.aligner_name, options)
    how = Alignment(aligner, run_id, aligner.info.fingerprint, options.batch_seconds)
    return align_segments(catalog, how, segment_ids)


def groups_to_segment(
    catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]
) -> tuple[list[list[int]], list[list[int]]]:
    """The recordings that are not cut as the job wants: short ones in groups, and long ones, each by itself.

    Most urgent first, then shortest.
    """
    pending = recordings_pending(
        catalog, segment_fingerprint(job.recipe), job.recipe.max_seconds, recording_ids
    )
    with catalog.reading() as session:
        durations = recording_durations(session, pending)
        priorities = recording_priorities(session, pending)
    pending.sort(key=lambda recording_id: (-priorities.get(recording_id, 0), durations[recording_id]))
    short = [recording_id for recording_id in pending if durations[recording_id] < LONG_SECONDS]
    long = [recording_id for recording_id in pending if durations[recording_id] >= LONG_SECONDS]
    return grouped(short, RECORDINGS_PER_GROUP), grouped(long, 1)


def groups_to_transcribe(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[list[int]]:
    """The segments that lack this engine's text, in groups of minutes of audio, most urgent first."""
    return _groups(catalog, job, _to_transcribe(catalog, job, recording_ids))


def groups_to_align(
    catalog: Catalog, job: LabelJob, recording_ids: Sequence[int], only: str | None = None
) -> list[list[int]]:
    """The segments whose current text lacks this aligner's words, in groups of minutes of audio, most urgent first."""
    return _groups(catalog, job, _to_align(catalog, job, recording_ids), only)


def groups_to_label(
    catalog: Catalog, job: LabelJob, recording_ids: Sequence[int], only: str | None = None
) -> list[list[int]]:
    """The segments that lack either, in groups of minutes of audio, most urgent first.

    only: a condition over v_current that they must meet; raises QueryError for one that does not run.
    """
    pending = {segment.segment_id: segment for segment in _to_transcribe(catalog, job, recording_ids)}
    if job.aligner_name is not None:
        pending.update((segment.segment_id, segment) for segment in _to_align(catalog, job, recording_ids))
    return _groups(catalog, job, list(pending.values()), only)


def outstanding(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> bool:
    """Whether anything is left to do for these recordings; answers without loading weights."""
    short, long = groups_to_segment(catalog, job, recording_ids)
    return bool(short or long or groups_to_label(catalog, job, recording_ids))


def begin_runs(catalog: Catalog, job: LabelJob) -> Runs:
    """Note in the catalog which engine and aligner are about to work, and with what."""
    transcribe = begin_run_of(catalog, job, "transcribe")
    align = begin_run_of(catalog, job, "align") if job.aligner_name is not None else None
    return Runs(transcribe, align)


def begin_run_of(catalog: Catalog, job: LabelJob, stage: Literal["transcribe", "align"]) -> int:
    """The same for one of them; returns the run's id."""
    if stage == "align":
        info = check_aligner(job)
        new = _new_run(stage, info, info.fingerprint, dict(info.parameters))
    else:
        info = engine_factory(job.engine).describe(job.engine_options)
        parameters = {**info.parameters, "language": job.language, "context": job.context}
        new = _new_run(stage, info, _transcribe_fingerprint(job, info), parameters)
    with catalog.writing() as session:
        return begin_run(session, new)


def end_run(catalog: Catalog, run_id: int) -> None:
    """Note that a run came to its end."""
    with catalog.writing() as session:
        finish_run(session, run_id)


def finish_runs(catalog: Catalog, runs: Runs) -> None:
    """The same for a call's runs."""
    for run_id in runs.ids:
        end_run(catalog, run_id)


@dataclass(frozen=True, slots=True)
class Round:
    """Groups of work that may be done beside each other. runs: to label them under; None to cut recordings."""

    groups: list[list[int]]
    runs: Runs | None = None


def label_all(
    catalog: Catalog,
    job: LabelJob,
    scope: Callable[[], Sequence[int]],
    execute: Callable[[Round], int],
    only: str | None = None,
    *,
    cuts: bool = True,
) -> Runs | None:
    """Cut, transcribe and align what lacks it, most urgent first, until nothing is left; returns the runs, if any began.

    scope: which recordings, asked anew each round, so that what comes meanwhile is labeled too. execute: does a round,
    by Prefect or in this process, and returns how many items were done. only: a condition over v_current. cuts: False
    to leave segments as they are. Long recordings are cut when the short ones are labeled.
    """
    runs: Runs | None = None
    while True:
        recordings = scope()
        short, long = groups_to_segment(catalog, job, recordings) if cuts else ([], [])
        done = execute(Round(short)) if short else 0
        groups = groups_to_label(catalog, job, recordings, only)
        if groups:
            runs = runs or begin_runs(catalog, job)
            done += execute(Round(groups[:GROUPS_PER_ROUND], runs))
        if long:
            done += execute(Round(long[:LONG_PER_ROUND]))
        if not (short or groups or long):
            break
        wait_for_others(done)
    if runs is not None:
        finish_runs(catalog, runs)
    return runs


def run_inline(catalog: Catalog, job: LabelJob, found: Discovery, plan: IngestPlan) -> None:
    """Ingest what is new of what was found, then label all of it: the plan without Prefect, in this process."""
    ids = dict.fromkeys(plan.known)
    for files in grouped(plan.new, FILES_PER_GROUP):
        ids.update(dict.fromkeys(ingest_group(catalog, job, files)))
    apply_references(catalog, found.references)
    label_all(catalog, job, lambda: list(ids), lambda work: run_round(catalog, job, work))


def run_round(catalog: Catalog, job: LabelJob, work: Round) -> int:
    """Do a round in this process; returns how many items were done."""
    if work.runs is None:
        return sum(segment_group(catalog, job, group) for group in work.groups)
    done = 0
    for segment_ids in work.groups:
        done += transcribe_group(catalog, job, work.runs.transcribe, segment_ids)
        if work.runs.align is not None:
            done += align_group(catalog, job, work.runs.align, segment_ids)
    return done


def wait_for_others(done: int) -> None:
    """After a round that got nothing done, what is left is held by other processes: give them time."""
    check_stop()
    if done == 0:
        time.sleep(WAIT_FOR_OTHERS_S)


def recordings_in_order(catalog: Catalog, corpus: str | None = None) -> list[int]:
    """The recordings that lie somewhere now, all or of one corpus, oldest first."""
    with catalog.reading() as session:
        return select_recording_ids(session, corpus)


def _to_transcribe(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[Segment]:
    info = engine_factory(job.engine).describe(job.engine_options)
    return segments_pending(catalog, TranscriptKey(_transcribe_fingerprint(job, info)), recording_ids)


def _to_align(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[Segment]:
    with catalog.reading() as session:
        today = segments_of_today(session, recording_ids)
    texts = transcripts_pending(catalog, check_aligner(job).fingerprint, [s.segment_id for s in today])
    return [text.segment for text in texts]


def _groups(
    catalog: Catalog, job: LabelJob, segments: Sequence[Segment], only: str | None = None
) -> list[list[int]]:
    if only is not None:
        chosen = segments_where(catalog, only)
        segments = [segment for segment in segments if segment.segment_id in chosen]
    with catalog.reading() as session:
        priorities = recording_priorities(session, list({segment.recording_id for segment in segments}))
    return groups_of_audio(segments, job.group_seconds, priorities)


def _transcribe_fingerprint(job: LabelJob, engine: EngineInfo) -> str:
    return fingerprint({"engine": engine.fingerprint, "language": job.language, "context": job.context})


def _new_run(stage: str, info: EngineInfo, key: str, parameters: dict[str, Scalar]) -> NewRun:
    return NewRun(
        stage=stage,
        engine=info.name,
        checkpoint=info.checkpoint,
        revision=info.revision,
        code_version=info.code_version,
        fingerprint=key,
        parameters=parameters,
    )
