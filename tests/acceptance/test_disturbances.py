"""What is not a kill: a database that restarts, a bucket that stutters, a clock that jumps. Nothing is lost to any."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

import libfaketime
import pytest

from tests.acceptance.conftest import Asrlab, Figures, client_of
from tests.acceptance.test_label import CONTENTS, FAKE, WORDS, write_good_files
from tests.factories import write_tone
from tests.postgres import PostgresServer, postgres, wheel_binaries
from tests.stutter import FAULTS, StutteringProxy

FILES = 60
DONE_PER_RESTART = 10
LIMIT_S = 120.0
MOST_CALLS = 8


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """One that no other test uses."""
    with postgres(wheel_binaries()) as server:
        yield server


@pytest.mark.parametrize(
    ("way", "restarts"),
    [(("--inline",), 5), pytest.param((), 5, marks=pytest.mark.soak)],
    ids=["inline", "flow"],
)
def test_postgresql_restarts_during_a_run(
    asrlab: Asrlab, own_postgres: PostgresServer, figures: Figures, way: tuple[str, ...], restarts: int
) -> None:
    write_good_files(asrlab.folder / "audio", FILES)
    asrlab.environment |= {"ASRLAB_CATALOG": own_postgres.create("catalog"), "ASRLAB_GROUP_SECONDS": "2"}
    asrlab.run("init")
    calls = done = 0
    process = None
    deadline = time.monotonic() + LIMIT_S
    while done < restarts:
        assert time.monotonic() < deadline, (asrlab.folder / "started.log").read_text()[-3000:]
        if process is None or process.poll() is not None:
            # It goes on, or says in one line what happened.
            assert process is None or process.returncode in (0, 1)
            process = asrlab.start("label", "audio", *way, *FAKE, ASRLAB_FAKE_DELAY_S="0.2")
            calls += 1
        if alignments(asrlab) >= DONE_PER_RESTART * (done + 1):
            own_postgres.stop(suddenly=done % 2 == 1)
            time.sleep(done)
            own_postgres.start()
            done += 1
        time.sleep(0.1)
    assert process is not None
    assert process.wait(LIMIT_S) in (0, 1)
    asrlab.run("label", "audio", *way, *FAKE)
    log = (asrlab.folder / "started.log").read_text()
    assert "Traceback" not in log, log[-3000:]
    check_as_undisturbed(asrlab)
    said = Counter(line.split(":")[1].strip() for line in log.splitlines() if line.startswith("asrlab:"))
    figures(restarts=restarts, calls=calls, said=dict(said))


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_stutters_for_a_tenth_of_its_answers(place: Asrlab, figures: Figures) -> None:
    client = client_of(place)
    for number in range(FILES):
        path = write_tone(place.folder / "many" / f"{number:03}.wav", 0.4, 200 + number)
        client.upload_file(str(path), "speech", f"many/{path.name}")
    stutter = StutteringProxy(place.environment["AWS_ENDPOINT_URL"], share=0.1)
    place.environment |= {
        "AWS_ENDPOINT_URL": stutter.url,
        "ASRLAB_ALLOW_PRIVATE": "true",
        "ASRLAB_FETCH_TIMEOUT": "2",
        # Read again for each stage, so that there is more to spoil.
        "ASRLAB_CACHE_GB": "0.00001",
    }
    calls = 0
    try:
        for _ in range(MOST_CALLS):
            calls += 1
            process = place.start("label", "s3://speech/many", "--inline", *FAKE)
            code = process.wait(LIMIT_S)
            if code == 0:
                break
            assert code in (1, 3), (place.folder / "started.log").read_text()
    finally:
        stutter.close()
    assert code == 0, (place.folder / "started.log").read_text()
    assert "Traceback" not in (place.folder / "started.log").read_text()
    assert place.query("SELECT COUNT(*) AS n FROM transcripts") == [{"n": FILES}]
    assert place.query("SELECT COUNT(*) AS n FROM alignments") == [{"n": FILES}]
    assert place.json("failures", "--json") == []
    assert min(stutter.spoiled[fault] for fault in FAULTS) > 0
    figures(calls=calls, passed=stutter.passed, spoiled=dict(stutter.spoiled))


@pytest.mark.parametrize(
    "way", [("--inline",), pytest.param((), marks=pytest.mark.soak)], ids=["inline", "flow"]
)
def test_the_clock_jumps_hours_ahead_and_back(asrlab_on_both: Asrlab, way: tuple[str, ...]) -> None:
    asrlab = asrlab_on_both
    write_good_files(asrlab.folder / "audio", FILES // 2)
    heard = asrlab.folder / "heard.txt"
    clock = asrlab.folder / "clock"
    clock.write_text("+0")
    asrlab.run("init")
    # Of the process and all that it starts; of another user of the catalog, such as this test, never.
    fake = {**libfaketime.get_reload_information()[1], "FAKETIME_TIMESTAMP_FILE": str(clock)}
    process = asrlab.start(
        "label",
        "audio",
        *way,
        *FAKE,
        **fake,
        ASRLAB_FAKE_DELAY_S="0.2",
        ASRLAB_GROUP_SECONDS="2",
        ASRLAB_FAKE_LOG=str(heard),
    )
    for number, jump in enumerate(("+3h", "-5h", "+30d", "-1h")):
        wait_for(asrlab, lambda least=1 + 4 * number: alignments(asrlab) >= least)
        clock.write_text(jump)
    assert process.wait(LIMIT_S) == 0, (asrlab.folder / "started.log").read_text()
    assert "Traceback" not in (asrlab.folder / "started.log").read_text()
    check_as_undisturbed(asrlab)
    done = Counter(line.split(" ")[0] for line in heard.read_text().splitlines())
    assert done == {"transcribe": FILES // 2, "align": FILES // 2}


def alignments(asrlab: Asrlab) -> int:
    return int(asrlab.query("SELECT COUNT(*) AS n FROM alignments")[0]["n"])


def wait_for(asrlab: Asrlab, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline, (asrlab.folder / "started.log").read_text()[-3000:]
        time.sleep(0.1)


def check_as_undisturbed(asrlab: Asrlab) -> None:
    undisturbed = ("--catalog", f"sqlite:///{asrlab.folder / 'undisturbed.db'}")
    asrlab.run("label", "audio", "--inline", *FAKE, *undisturbed)
    for statement in (CONTENTS, WORDS):
        assert asrlab.query(statement) == asrlab.json("sql", statement, "--format", "json", *undisturbed)
    assert asrlab.json("failures", "--json") == []
    assert asrlab.query("SELECT COUNT(*) AS n FROM leases") == [{"n": 0}]
