"""From the plain parameters of a command or a deployment to a job, with what the settings of this machine say."""

from typing import Literal

from asrlab.config import Settings
from asrlab.domain.recipe import Recipe
from asrlab.engines.protocol import EngineOptions
from asrlab.errors import OptionError
from asrlab.pipeline import AUTO, LabelJob

DEFAULT_MAX_SEGMENT_S = 30.0
Channels = Literal["mix", "split"]


def job_of(
    settings: Settings,
    *,
    corpus: str | None = None,
    engine: str = "whisper",
    model: str | None = None,
    revision: str | None = None,
    language: str | None = None,
    context: str = "",
    aligner: str = AUTO,
    aligner_model: str | None = None,
    max_segment: float = DEFAULT_MAX_SEGMENT_S,
    channels: Channels = "mix",
    vad: bool = True,
    sidecar: str | None = None,
) -> LabelJob:
    """The job; the engine's place, number format and the size of groups are the machine's own.

    Raises OptionError for values that don't fit.
    """
    try:
        recipe = Recipe(name="silero-vad" if vad else "whole", max_seconds=max_segment, channels=channels)
    except ValueError as error:
        raise OptionError(str(error)) from error
    timeout = settings.batch_timeout or None
    return LabelJob(
        corpus=corpus or "default",
        recipe=recipe,
        engine=engine,
        engine_options=EngineOptions(
            model=model,
            revision=revision,
            device=settings.device,
            compute_type=settings.compute_type,
            cuda_graphs=settings.cuda_graphs,
            timeout=timeout,
        ),
        language=language,
        context=context,
        aligner=aligner,
        aligner_options=EngineOptions(model=aligner_model, device=settings.device, timeout=timeout)
        if aligner_model
        else None,
        group_seconds=settings.group_seconds,
        sidecar=sidecar,
    )
