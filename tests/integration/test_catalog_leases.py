"""Claims: nobody does the same work twice at once, and the dead block nobody; on both databases."""

import multiprocessing
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog, leases, open_catalog
from asrlab.catalog.leases import LEASE_SECONDS, claim, claimed, release, renew
from asrlab.catalog.owner import is_surely_dead, machine, this_process
from asrlab.catalog.schema import LeaseRow
from asrlab.catalog.values import utc_now
from asrlab.errors import TransientError

ELSEWHERE = "another-machine|1|1.00"


def test_what_one_holds_the_other_does_not_get(catalog: Catalog) -> None:
    with catalog.writing() as session:
        assert claim(session, "transcribe", "e", [3, 1, 2], ELSEWHERE) == [3, 1, 2]
        assert claim(session, "transcribe", "e", [1, 2, 4], this_process()) == [4]
        assert claim(session, "transcribe", "other engine", [1], this_process()) == [1]
        release(session, "transcribe", "e", [1, 2, 3, 4], this_process())
        assert claim(session, "transcribe", "e", [1, 4], "third|1|1.00") == [4]


def test_an_expired_claim_is_free(catalog: Catalog) -> None:
    with catalog.writing() as session:
        claim(session, "align", "a", [1], ELSEWHERE)
        session.execute(sa.update(LeaseRow).values(expires_at=utc_now() - timedelta(seconds=1)))
        assert claim(session, "align", "a", [1], this_process()) == [1]


def test_a_renewed_claim_has_its_full_time_again(catalog: Catalog) -> None:
    with catalog.writing() as session:
        claim(session, "align", "a", [1], ELSEWHERE)
        session.execute(sa.update(LeaseRow).values(expires_at=utc_now() + timedelta(seconds=1)))
        renew(session, ELSEWHERE)
        left = session.scalars(sa.select(LeaseRow.expires_at)).one() - utc_now()
    assert left > timedelta(seconds=LEASE_SECONDS - 10)


def test_a_dead_process_of_this_machine_holds_nothing(catalog: Catalog) -> None:
    code = "from asrlab.catalog.owner import this_process; print(this_process(), flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    try:
        with catalog.writing() as session:
            claim(session, "align", "a", [1], owner)
            assert not is_surely_dead(owner)
            assert claim(session, "align", "a", [1], this_process()) == []
    finally:
        child.kill()
        child.communicate()
    assert is_surely_dead(owner)
    with catalog.writing() as session:
        assert claim(session, "align", "a", [1], this_process()) == [1]


def test_a_later_process_with_the_same_pid_is_not_the_owner() -> None:
    assert is_surely_dead(f"{machine()}|{os.getpid()}|1.00")
    assert not is_surely_dead(this_process())
    assert not is_surely_dead(ELSEWHERE)


def test_a_release_that_fails_hides_no_error_of_the_work(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise TransientError("the catalog did not answer")

    monkeypatch.setattr(leases, "release", fail)
    monkeypatch.setattr(leases, "RELEASE_RETRY_S", 0.0)
    with pytest.raises(RuntimeError, match="the work failed"), claimed(catalog, "align", "a", [1]):
        raise RuntimeError("the work failed")


def test_a_release_is_tried_again(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    release, calls = leases.release, list[int]()

    def fail_once(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise TransientError("the catalog did not answer")
        release(*arguments)

    monkeypatch.setattr(leases, "release", fail_once)
    monkeypatch.setattr(leases, "RELEASE_RETRY_S", 0.0)
    with claimed(catalog, "align", "a", [1]):
        pass
    with catalog.reading() as session:
        assert session.scalars(sa.select(LeaseRow.item_id)).all() == []


def test_claims_are_given_back_when_the_work_raises(catalog: Catalog) -> None:
    def work() -> None:
        with claimed(catalog, "align", "a", [1, 2]) as mine:
            assert mine == [1, 2]
            raise RuntimeError("the work failed")

    with pytest.raises(RuntimeError, match="the work failed"):
        work()
    with catalog.reading() as session:
        assert session.scalars(sa.select(LeaseRow.item_id)).all() == []


def _claim_all(url: str, start: object, answers: object) -> None:
    opened = open_catalog(url)
    start.wait()
    with opened.writing() as session:
        answers.put(claim(session, "s", "f", list(range(200)), this_process()))
    # Alive until asked to end, or the others would see its claims as a dead process's.
    start.wait()
    opened.close()


def test_four_processes_that_claim_at_once_share_the_work_without_overlap(catalog_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_claim_all, args=(catalog_url, start, answers)) for _ in range(4)]
    for process in processes:
        process.start()
    got = [item for _ in processes for item in answers.get(timeout=120)]
    for process in processes:
        process.join(60)
    assert sorted(got) == list(range(200))


def test_on_a_server_claims_go_by_its_clock_alone(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalog.writing() as session:
        is_server = session.get_bind().dialect.name != "sqlite"
        claim(session, "align", "a", [1], ELSEWHERE)
        monkeypatch.setattr(leases, "utc_now", lambda: utc_now() + timedelta(days=1))
        # An SQLite catalog has one machine, and its clock.
        assert claim(session, "align", "a", [1], this_process()) == ([] if is_server else [1])
