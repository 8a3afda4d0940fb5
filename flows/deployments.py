"""The deployments of prefect.yaml on a Prefect API: one definition for `prefect deploy --all` and `asrlab serve`."""

import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from asrlab.errors import FlowError
from flows.local_server import LOG_TAIL_LINES

DEFINITION = "prefect.yaml"
POOL_TYPE = "process"
SCHEDULED = "ingest"
LABELING = "label"


def definition_path() -> Path:
    """Where prefect.yaml lies: beside this file in an installed asrlab, above it in a checkout."""
    here = Path(__file__).parent
    installed = here / DEFINITION
    return installed if installed.exists() else here.parent / DEFINITION


def definition(
    pool: str, schedule: dict[str, Any] | None, label_runs: int, label_parameters: dict[str, Any]
) -> dict[str, Any]:
    """What prefect.yaml says, for a work pool of this name.

    schedule: of the ingestion, as prefect.yaml writes one; None leaves what stands there. label_runs: how many runs of
    `label` start when something new came, one for each worker with an engine. label_parameters: of these runs.
    """
    found: dict[str, Any] = yaml.safe_load(definition_path().read_text(encoding="utf-8"))
    for deployment in found["deployments"]:
        deployment["work_pool"] = {**deployment["work_pool"], "name": pool}
        if deployment["name"] == SCHEDULED:
            deployment["parameters"]["runs"] = label_runs
            if schedule is not None:
                deployment["schedules"] = [schedule]
        elif deployment["name"] == LABELING:
            deployment["parameters"] = label_parameters
    return found


def deploy(what: dict[str, Any], pool: str) -> None:
    """Make the work pool where there is none, and the deployments, as `prefect deploy --all` does.

    Raises FlowError with what Prefect says, such as that a cron expression is none.
    """
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=pool, type=POOL_TYPE))
    with tempfile.TemporaryDirectory(prefix="asrlab-deploy-") as folder:
        path = Path(folder) / DEFINITION
        path.write_text(yaml.safe_dump(what), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        said = " / ".join((done.stdout + done.stderr).strip().splitlines()[-LOG_TAIL_LINES:])
        raise FlowError(f"the deployments can't be made: {said}")
