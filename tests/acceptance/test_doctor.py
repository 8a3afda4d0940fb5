"""`asrlab doctor`: it finds what is wrong, says what mends it, and changes nothing."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from asrlab.catalog.examine import examine_catalog
from asrlab.catalog.version import HEAD_REVISION
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


def test_a_running_server_and_its_limit_are_found(asrlab: Asrlab) -> None:
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
        assert "engine_slots says 3" in more["engine limit"]["what"]
    finally:
        asrlab.run("server", "down")


def test_the_clock_of_a_database_server_is_read(catalog_url: str) -> None:
    state = examine_catalog(catalog_url)
    assert state.revision == HEAD_REVISION
    assert abs(state.skew_seconds) < 5.0


def test_looking_makes_no_file(tmp_path: Path) -> None:
    state = examine_catalog(f"sqlite:///{tmp_path / 'none.db'}")
    assert (state.revision, state.folder) == (None, tmp_path)
    assert not list(tmp_path.iterdir())
