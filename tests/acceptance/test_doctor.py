"""`asrlab doctor`: it finds what is wrong, says what mends it, and changes nothing."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType, WorkerStatus
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Running

from asrlab.catalog.examine import examine_catalog
from asrlab.catalog.owner import process_name
from asrlab.catalog.version import HEAD_REVISION
from flows.runs import OWNER_LABEL, StuckRuns, go_on_with
from tests.acceptance.conftest import Asrlab
from tests.factories import write_tone


def findings(asrlab: Asrlab, *arguments: str, code: int = 0, **environment: str) -> dict[str, dict[str, Any]]:
    found = json.loads(asrlab.run("doctor", *arguments, "--json", code=code, **environment))
    return {finding["check"]: finding for finding in found}


def test_a_fresh_machine_is_in_order_and_nothing_is_made(asrlab: Asrlab) -> None:
    found = findings(asrlab)
    assert found["catalog"]["state"] == "note"
    assert "asrlab init" in found["catalog"]["remedy"]
    assert found["Prefect API"]["state"] == "note"
    assert {finding["state"] for finding in found.values()} == {"ok", "note"}
    assert "torch" in found["versions"]["what"]
    assert not list(asrlab.folder.glob("*.db"))


def test_the_table_names_the_remedy(asrlab: Asrlab) -> None:
    assert "catalog: asrlab init" in asrlab.run("doctor")
    asrlab.run("init")
    found = findings(asrlab)
    assert found["catalog"]["state"] == "ok"
    assert HEAD_REVISION in found["catalog"]["what"]


def test_an_older_and_a_newer_catalog_are_told_apart(asrlab: Asrlab) -> None:
    asrlab.run("init")
    engine = sa.create_engine(f"sqlite:///{next(asrlab.folder.glob('*.db'))}")
    for revision, remedy in (("0001", "asrlab db upgrade"), ("9999", "install a newer asrlab")):
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        found = findings(asrlab, code=1)
        assert found["catalog"]["state"] == "problem"
        assert remedy in found["catalog"]["remedy"]


def test_what_is_not_there_is_a_problem_and_the_rest_is_looked_at(asrlab: Asrlab) -> None:
    dead = {
        "ASRLAB_CATALOG": "postgresql://nobody:secret-word@127.0.0.1:9/none",
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "ASRLAB_DEVICE": "cuda:7",
    }
    found = findings(asrlab, code=1, **dead)
    for check in ("catalog", "Prefect API", "device"):
        assert found[check]["state"] == "problem", check
        assert found[check]["remedy"]
    assert "secret-word" not in str(found)
    assert found["engines"]["state"] == "ok"


def test_a_setting_that_is_wrong_is_named(asrlab: Asrlab) -> None:
    found = findings(asrlab, code=1, ASRLAB_ENGINE_SLOTS="many")
    assert "engine_slots" in found["settings"]["what"]


def test_a_running_server_its_limit_and_its_workers_are_found(
    asrlab: Asrlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server of its own: no other test shall find the workers and runs that come to nothing here.
    asrlab.environment["ASRLAB_SERVER_DIR"] = str(asrlab.folder / "server")
    asrlab.run("server", "up")
    try:
        found = findings(asrlab)
        assert found["Prefect API"]["state"] == "ok"
        assert found["clock of Prefect"]["state"] == "ok"
        assert found["engine limit"]["state"] == "note"
        write_tone(asrlab.folder / "a.wav")
        asrlab.run("label", "a.wav", "--no-vad", "--engine", "fake", "--aligner", "none")
        assert findings(asrlab)["engine limit"]["state"] == "ok"
        more = findings(asrlab, ASRLAB_ENGINE_SLOTS="3")
        assert "the settings say 3" in more["engine limit"]["what"]
        url = asrlab.json("server", "status", "--json")["url"]
        with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
            what_runs_and_waits(asrlab, client, monkeypatch)
    finally:
        asrlab.run("server", "down")


def what_runs_and_waits(asrlab: Asrlab, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part of the test above that plays workers, machines and runs which come to nothing."""
    client.create_work_pool(WorkPoolCreate(name="asrlab", type="process"))
    assert findings(asrlab)["workers"]["state"] == "note"

    @flow
    def work() -> None: ...

    deployment = client.create_deployment(client.create_flow(work), "work", work_pool_name="asrlab")
    lost, waiting = (client.create_flow_run_from_deployment(deployment).id for _ in range(2))
    found = findings(asrlab, code=1)["workers"]
    assert "2 runs wait and nobody takes them" in found["what"]
    assert "asrlab worker" in found["remedy"]

    client.send_worker_heartbeat("asrlab", "gone-engine", heartbeat_interval_seconds=60)
    assert findings(asrlab)["workers"]["state"] == "ok"
    client.send_worker_heartbeat("asrlab", "gone-engine", heartbeat_interval_seconds=1)
    client.update_flow_run_labels(lost, {OWNER_LABEL: "gone/boot|1|1.0"})
    client.set_flow_run_state(lost, Running(), force=True)
    stuck = StuckRuns("asrlab")
    monkeypatch.setattr("flows.runs.PATIENCE_S", {StateType.PENDING: 0.0, StateType.RUNNING: 0.0})
    wait_for_silence(client)
    assert "silent: gone-engine" in findings(asrlab, code=1)["workers"]["what"]
    assert not stuck.look(client)  # one look tells nothing about how long
    assert [run.id for run in stuck.look(client)] == [lost]
    go_on_with(client, stuck.look(client))
    assert {client.read_flow_run(run).state_type for run in (lost, waiting)} == {StateType.SCHEDULED}
    client.update_flow_run_labels(lost, {OWNER_LABEL: process_name(1).replace("|1|", "|1|another-")})
    client.set_flow_run_state(lost, Running(), force=True)
    assert "1 lost their process" in findings(asrlab, code=1)["flow runs"]["what"]


def wait_for_silence(client: SyncPrefectClient) -> None:
    """Until Prefect misses three heartbeats of its workers."""
    until = time.monotonic() + 60
    while any(
        worker.status != WorkerStatus.OFFLINE for worker in client.read_workers_for_work_pool("asrlab")
    ):
        assert time.monotonic() < until
        time.sleep(0.5)


def test_the_clock_of_a_database_server_is_read(catalog_url: str) -> None:
    state = examine_catalog(catalog_url)
    assert state.revision == HEAD_REVISION
    assert abs(state.skew_seconds) < 5.0


def test_looking_makes_no_file(tmp_path: Path) -> None:
    state = examine_catalog(f"sqlite:///{tmp_path / 'none.db'}")
    assert (state.revision, state.folder) == (None, tmp_path)
    assert not list(tmp_path.iterdir())
