"""How soon the review page is answered at 100,000 segments: queues, the next item, a segment, filters, figures.

A catalog is filled by SQL with three corpora, a second engine's texts, flags, a verdict on every segment of the first
half of the recordings, so that what is open lies behind what is done, and a second blind pass on one in ten of those.
Each question is put `--times` times, the 95th percentile is to stay within 100 ms. With --http the questions go through
a server that `asrlab review` starts.

    .venv/bin/python -m benchmarks.review                           a fresh SQLite catalog
    .venv/bin/python -m benchmarks.review --catalog postgresql://…  an empty database
    .venv/bin/python -m benchmarks.review --http
"""

import argparse
import hashlib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from asrlab.catalog import Catalog, open_catalog
from asrlab.review.queues import BlindShares, Queue, choices, next_item, page
from asrlab.review.reading import read_segment, segments_between
from asrlab.review.stats import statistics as figures
from benchmarks.filled_catalog import MADE_AT, TEXT, fill

LIMIT_MS = 100.0
SEGMENTS_EACH = 1_000
PAGE = 50
PERSON = "ann"
# One in this many segments is of a rare language, has a rare flag, was read otherwise by a second engine.
RARE = 10_000
FLAGGED = 20
DISPUTED = 10
HEARD_AGAIN = 10

ALL_BLIND = BlindShares(second=1.0, gold=0.1)

Question = Callable[[], object]


def main() -> int:
    """Fill and measure; the exit code is 1 when an answer takes longer than the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--segments", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--catalog", metavar="URL", help="of an empty database [default: a new SQLite file]")
    parser.add_argument("--http", action="store_true", help="ask `asrlab review` over HTTP")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asrlab-review-") as folder:
        url = given.catalog or f"sqlite:///{Path(folder) / 'catalog.db'}"
        began = time.perf_counter()
        fill(url, Path(folder) / "audio", given.segments // SEGMENTS_EACH, SEGMENTS_EACH)
        catalog = open_catalog(url)
        enrich(catalog)
        began_counting = time.perf_counter()
        figures(catalog)
        counted = time.perf_counter() - began_counting
        name = catalog.engine.dialect.name
        print(f"{given.segments} segments on {name}, filled in {began_counting - began:.0f} s")
        print(f"edits of the decided texts counted in {counted:.0f} s, which is done once")
        if given.http:
            with served(url, Path(folder)) as address:
                slow = measure(questions_over_http(address, given.segments), given.times)
        else:
            slow = measure(questions(catalog, given.segments), given.times)
        catalog.close()
    for question in slow:
        print(f"too slow: {question}")
    return 1 if slow else 0


def measure(asked: dict[str, Question], times: int) -> list[str]:
    """Print a line for each question; returns those whose 95th percentile is above the limit."""
    slow = []
    print(f"{'question':48} {'median':>8} {'95 %':>8} {'worst':>8}  ms")
    for name, ask in asked.items():
        took = []
        for _ in range(times):
            began = time.perf_counter()
            ask()
            took.append(1000 * (time.perf_counter() - began))
        took.sort()
        high = took[math.ceil(0.95 * len(took)) - 1]
        print(f"{name:48} {statistics.median(took):8.1f} {high:8.1f} {took[-1]:8.1f}")
        if high > LIMIT_MS:
            slow.append(name)
    return slow


QUEUES: dict[str, dict[str, Any]] = {
    "open": {},
    "open, a corpus": {"corpus": "zoo"},
    "open, a rare language": {"language": "fr"},
    "open, a rare flag": {"flag": "context_echo"},
    "open, a common word": {"search": "times"},
    "open, a rare word": {"search": "99999"},
    "open, two words of which none has both": {"search": "worst 17"},
    "doubtful": {"kind": "doubtful"},
    "doubtful, a corpus": {"kind": "doubtful", "corpus": "zoo"},
    "doubtful, a rare language": {"kind": "doubtful", "language": "fr"},
    "flagged": {"kind": "flagged"},
    "disagreement": {"kind": "disagreement"},
    "sample": {"kind": "sample"},
    "sample, a rare language": {"kind": "sample", "language": "fr"},
    "mine": {"kind": "mine"},
    "mine, a rare flag": {"kind": "mine", "flag": "context_echo"},
    "second": {"kind": "second"},
    "second, a rare language": {"kind": "second", "language": "fr"},
    "second, a rare flag": {"kind": "second", "flag": "context_echo"},
    "second, a rare word": {"kind": "second", "search": "9999"},
    "second, a common word": {"kind": "second", "search": "times"},
    "rejected": {"kind": "rejected"},
    "all": {"kind": "all"},
    "all, a rare language": {"kind": "all", "language": "fr"},
}


def questions(catalog: Catalog, segments: int) -> dict[str, Question]:
    """What is asked of asrlab.review itself."""
    asked: dict[str, Question] = {}
    for name, said in QUEUES.items():
        queue = Queue(**said)
        asked[f"page of {name}"] = partial(page, catalog, PERSON, queue, None, PAGE)
        asked[f"next of {name}"] = partial(next_item, catalog, "cem", queue)
    for name in ("all", "all, a rare language", "sample", "mine"):
        # Half of what is listed is shown as the machine left it.
        queue = Queue(**QUEUES[name])
        asked[f"page of {name}, blind"] = partial(page, catalog, PERSON, queue, None, PAGE, ALL_BLIND)
    deep = [page(catalog, PERSON, Queue(), None, 200).next]
    for _ in range(50):
        deep.append(page(catalog, PERSON, Queue(), deep[-1], 200).next)
    asked["page of open, 10,000 items on"] = lambda: page(catalog, PERSON, Queue(), deep[-1], PAGE)
    middle = segments * 3 // 4
    asked["segment"] = lambda: read_segment(catalog, middle, PERSON)
    asked["segments between"] = lambda: segments_between(catalog, middle // SEGMENTS_EACH, 1000.0, 1600.0)
    asked["segments between, blind"] = lambda: segments_between(catalog, 2, 1000.0, 1600.0, PERSON, ALL_BLIND)
    asked["choices"] = lambda: choices(catalog)
    asked["figures"] = lambda: figures(catalog)
    return asked


def questions_over_http(address: str, segments: int) -> dict[str, Question]:
    """The same through the server."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(path: str, **said: Any) -> Any:
        query = urllib.parse.urlencode(said)
        with opener.open(f"{address}{path}?{query}") as answer:
            return json.load(answer)

    csrf = get("/api/me")["csrf"]

    def post(path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf, "Origin": address}
        request = urllib.request.Request(f"{address}{path}", json.dumps(body).encode(), headers)
        with opener.open(request) as answer:
            return json.load(answer)

    asked: dict[str, Question] = {}
    for name, said in QUEUES.items():
        asked[f"GET queue {name}"] = partial(get, "/api/queue", **said, limit=PAGE)
        asked[f"POST next {name}"] = partial(post, "/api/next", {"queue": said, "skip": []})
    middle = segments * 3 // 4
    asked["GET segment"] = lambda: get(f"/api/segments/{middle}")
    asked["GET segments of a recording"] = lambda: get(
        f"/api/recordings/{middle // SEGMENTS_EACH}/segments", start=1000, end=1600
    )
    asked["GET choices"] = lambda: get("/api/choices")
    asked["GET stats"] = lambda: get("/api/stats")
    return asked


@contextmanager
def served(url: str, folder: Path) -> Iterator[str]:
    """The address of `asrlab review` on this catalog, for the length of the block."""
    command = (sys.executable, "-m", "asrlab.cli.main", "--catalog", url)
    process = subprocess.Popen(
        [*command, "review", "--no-browser", "--port", "0", "--user", PERSON, "--aligner", "none"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0].rstrip("/")
                return
        raise SystemExit(f"asrlab review ended with {process.wait()}")
    finally:
        process.terminate()
        process.wait()


def enrich(catalog: Catalog) -> None:
    """Give the filled catalog what queues tell apart."""
    is_postgresql = catalog.engine.dialect.name == "postgresql"
    with catalog.engine.begin() as connection:
        run = connection.exec_driver_sql
        if is_postgresql:
            run("UPDATE segments SET content_hash = encode(sha256(content_hash::bytea), 'hex')")
        else:
            driver: Any = connection.connection.driver_connection
            driver.create_function("sha", 1, lambda text: hashlib.sha256(text.encode()).hexdigest())
            run("UPDATE segments SET content_hash = sha(content_hash)")
        for statement in _enrichments():
            connection.execute(sa.text(statement))


def tidy(catalog: Catalog) -> None:
    """What PostgreSQL does by itself within a minute, and SQLite when asked."""
    with catalog.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = catalog.engine.dialect.name == "sqlite"
        connection.exec_driver_sql("ANALYZE" if is_sqlite else "VACUUM (ANALYZE)")


def _enrichments() -> Iterator[str]:
    yield (
        "UPDATE recordings SET corpus = CASE WHEN recording_id % 10 = 0 THEN 'zoo' "
        "WHEN recording_id % 3 = 0 THEN 'books' ELSE 'calls' END"
    )
    yield (
        "INSERT INTO engine_runs (run_id, stage, engine, checkpoint, revision, code_version, parameters, "
        "fingerprint, asrlab_version, host, started_at) VALUES "
        f"(2, 'transcribe', 'other', 'f', '0', '1', '{{}}', 'other', '0', 'h', '{MADE_AT}')"
    )
    yield (
        "INSERT INTO transcripts (transcript_id, segment_id, version, origin, run_id, engine_fingerprint, author, "
        "language, text, confidence, word_confidence, flags, created_at) "
        "SELECT transcript_id + 10000000, segment_id, 2, 'engine', 2, 'other', 'other', 'en', "
        f"CASE WHEN segment_id % 20 = 0 THEN 'It ' || text ELSE UPPER(text) || '.' END, 0.8, '[]', '', '{MADE_AT}' "
        f"FROM transcripts WHERE segment_id % {DISPUTED} = 0"
    )
    yield (
        "UPDATE transcripts SET confidence = (transcript_id % 1000 * 7919 % 1000) / 1000.0, "
        f"language = CASE WHEN segment_id % {RARE} = {RARE - 1} THEN 'fr' ELSE 'en' END, "
        f"flags = CASE WHEN segment_id % {RARE} = {RARE - 7} THEN 'context_echo' "
        f"WHEN segment_id % {FLAGGED} = 3 THEN 'truncated' ELSE '' END"
    )
    for word in sorted({*TEXT.split()}):
        yield (
            f"INSERT INTO transcript_terms (term, transcript_id) SELECT '{word}', transcript_id FROM transcripts"
        )
    yield (
        "INSERT INTO transcript_terms (term, transcript_id) "
        "SELECT CAST(segment_id - 1 AS TEXT), transcript_id FROM transcripts"
    )
    first_half = (
        "FROM transcripts t JOIN segments s ON s.segment_id = t.segment_id WHERE t.version = "
        "(SELECT MAX(c.version) FROM transcripts c WHERE c.segment_id = t.segment_id) "
        "AND s.recording_id <= (SELECT MAX(recording_id) / 2 FROM recordings)"
    )
    by = f"CASE WHEN s.segment_id % 3 = 0 THEN '{PERSON}' ELSE 'bob' END"
    verdict = "CASE WHEN s.segment_id % 100 = 0 THEN 'rejected' ELSE 'accepted' END"
    yield (
        "INSERT INTO reviews (transcript_id, reviewer, verdict, created_at) "
        f"SELECT t.transcript_id, {by}, {verdict}, '{MADE_AT}' {first_half}"
    )
    yield (
        "INSERT INTO review_acts (segment_id, transcript_id, person, kind, seconds, audio_ms, detail, created_at) "
        f"SELECT s.segment_id, t.transcript_id, {by}, {verdict}, 5.0, 9500, '{{}}', '{MADE_AT}' {first_half}"
    )
    yield (
        "INSERT INTO review_passes (segment_id, person, kind, parent_id, review_id, text, verdict, seconds, created_at) "
        f"SELECT i.segment_id, 'dan', 'second', i.transcript_id, w.review_id, t.text || ' so', 'corrected', 5.0, "
        f"'{MADE_AT}' FROM review_items i JOIN transcripts t ON t.transcript_id = i.transcript_id "
        f"JOIN reviews w ON w.transcript_id = i.transcript_id WHERE i.segment_id % {HEARD_AGAIN} = 1"
    )


if __name__ == "__main__":
    sys.exit(main())
