"""What `asrlab status --prometheus` prints: the text format that Prometheus reads."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from asrlab.catalog.progress import StageProgress
from asrlab.catalog.summary import CorpusSummary


def prometheus_text(
    corpora: Sequence[CorpusSummary], stages: Sequence[StageProgress], failures: Mapping[str, int]
) -> str:
    """Gauges by corpus and stage; failures by reason."""
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"asrlab_{name}", help_text, labels, registry=registry)

    recordings = gauge("recordings", "Recordings in the catalog.", "corpus")
    audio = gauge("audio_seconds", "Seconds of audio in the catalog.", "corpus")
    for corpus in corpora:
        recordings.labels(corpus.corpus).set(corpus.recordings)
        audio.labels(corpus.corpus).set(corpus.audio_seconds)
    items = gauge(
        "items", "Recordings to cut, segments to transcribe, texts to align.", "corpus", "stage", "state"
    )
    done = gauge("done_audio_seconds", "Seconds of audio that a stage has done.", "corpus", "stage")
    speed = gauge("speed_ratio", "Seconds of audio per second, over the last minutes.", "corpus", "stage")
    for stage in stages:
        counts = {"total": stage.total, "done": stage.done, "running": stage.running, "failed": stage.failed}
        for state, count in counts.items():
            items.labels(stage.corpus, stage.stage, state).set(count)
        done.labels(stage.corpus, stage.stage).set(stage.done_seconds)
        speed.labels(stage.corpus, stage.stage).set(stage.speed or 0.0)
    failed = gauge("failures", "Items that stand in failures.", "reason")
    for reason, count in failures.items():
        failed.labels(reason).set(count)
    return generate_latest(registry).decode()
