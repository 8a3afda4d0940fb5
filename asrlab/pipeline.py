"""What `label` does, as one plan of stage calls: flows/ wraps each call in a Prefect task, `run_inline` chains
them without Prefect. Every step is idempotent and takes and gives ids, never audio.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from asrlab.align import Alignment, align_segments, transcripts_pending
from asrlab.catalog import Catalog
from asrlab.catalog.recordings import DEFAULT_CORPUS
from asrlab.catalog.runs import NewRun, begin_run, finish_run
from asrlab.catalog.segments import Segment, segments_of_today
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
from asrlab.segment import Cutter, recordings_pending, segment_recordings
from asrlab.transcribe import Transcription, segments_pending, transcribe_segments

Item = TypeVar("Item")

AUTO = "auto"
NO_ALIGNER = "none"
FILES_PER_GROUP = 100
RECORDINGS_PER_GROUP = 100
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
        # Of what an engine was given, only the place holds for another family.
        return EngineOptions(device=self.engine_options.device)

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


def groups_to_segment(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[list[int]]:
    """The recordings that are not cut as the job wants, in groups."""
    return grouped(
        recordings_pending(catalog, segment_fingerprint(job.recipe), job.recipe.max_seconds, recording_ids),
        RECORDINGS_PER_GROUP,
    )


def groups_to_transcribe(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[list[int]]:
    """The segments that lack this engine's text, in groups of minutes of audio."""
    return _groups_of_audio(_to_transcribe(catalog, job, recording_ids), job.group_seconds)


def groups_to_align(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[list[int]]:
    """The segments whose current text lacks this aligner's words, in groups of minutes of audio."""
    return _groups_of_audio(_to_align(catalog, job, recording_ids), job.group_seconds)


def groups_to_label(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[list[int]]:
    """The segments that lack either, in groups of minutes of audio."""
    pending = {segment.segment_id: segment for segment in _to_transcribe(catalog, job, recording_ids)}
    if job.aligner_name is not None:
        pending.update((segment.segment_id, segment) for segment in _to_align(catalog, job, recording_ids))
    return _groups_of_audio(
        sorted(pending.values(), key=lambda segment: (segment.recording_id, segment.span)), job.group_seconds
    )


def outstanding(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> bool:
    """Whether anything is left to do for these recordings; answers without loading weights."""
    return bool(
        groups_to_segment(catalog, job, recording_ids) or groups_to_label(catalog, job, recording_ids)
    )


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


def run_inline(catalog: Catalog, job: LabelJob, found: Discovery, plan: IngestPlan) -> None:
    """Ingest what is new of what was found, then label all of it: the plan without Prefect, in this process."""
    ids = dict.fromkeys(plan.known)
    for files in grouped(plan.new, FILES_PER_GROUP):
        ids.update(dict.fromkeys(ingest_group(catalog, job, files)))
    apply_references(catalog, found.references)
    scope = list(ids)
    while groups := groups_to_segment(catalog, job, scope):
        done = sum(segment_group(catalog, job, group) for group in groups)
        wait_for_others(done)
    runs: Runs | None = None
    while groups := groups_to_label(catalog, job, scope):
        runs = runs or begin_runs(catalog, job)
        done = 0
        for segment_ids in groups:
            done += transcribe_group(catalog, job, runs.transcribe, segment_ids)
            if runs.align is not None:
                done += align_group(catalog, job, runs.align, segment_ids)
        wait_for_others(done)
    if runs is not None:
        finish_runs(catalog, runs)


def wait_for_others(done: int) -> None:
    """After a round that got nothing done, what is left is held by other processes: give them time."""
    if done == 0:
        time.sleep(WAIT_FOR_OTHERS_S)


def grouped(items: Sequence[Item], size: int) -> list[list[Item]]:
    """`items` in lists of at most `size`, in order."""
    return [list(items[first : first + size]) for first in range(0, len(items), size)]


def _to_transcribe(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[Segment]:
    info = engine_factory(job.engine).describe(job.engine_options)
    return segments_pending(catalog, TranscriptKey(_transcribe_fingerprint(job, info)), recording_ids)


def _to_align(catalog: Catalog, job: LabelJob, recording_ids: Sequence[int]) -> list[Segment]:
    with catalog.reading() as session:
        today = segments_of_today(session, recording_ids)
    texts = transcripts_pending(catalog, check_aligner(job).fingerprint, [s.segment_id for s in today])
    return [text.segment for text in texts]


def _groups_of_audio(segments: Sequence[Segment], group_seconds: Seconds) -> list[list[int]]:
    groups: list[list[int]] = []
    seconds = 0.0
    for segment in segments:
        if not groups or seconds + segment.span.duration > group_seconds:
            groups.append([])
            seconds = 0.0
        groups[-1].append(segment.segment_id)
        seconds += segment.span.duration
    return groups


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
