"""`asrlab server`: a Prefect server that stays, so that calls need not start one each."""

import json

import click


@click.group("server")
def command() -> None:
    """A Prefect server that stays between calls, with its history and its web page.

    While it runs, `asrlab label` uses it and starts in seconds. It answers on this machine only.
    """


@command.command("up")
def up() -> None:
    """Start it, and leave it running."""
    from asrlab.config import load_settings
    from flows.managed_server import start_server

    server = start_server(load_settings().server_dir)
    click.echo(f"a Prefect server runs at {server.url.removesuffix('/api')} (pid {server.pid})")


@command.command("down")
def down() -> None:
    """Stop it. A call that uses it meanwhile fails after a while: label again to go on."""
    from asrlab.config import load_settings
    from flows.managed_server import stop_server

    server = stop_server(load_settings().server_dir)
    click.echo("no server runs" if server is None else f"the server at {server.url} has stopped")


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Whether it runs, and where."""
    from asrlab.config import load_settings
    from flows.server_state import managed_server

    server = managed_server(load_settings().server_dir)
    if as_json:
        facts: dict[str, object] = {"running": server is not None}
        if server is not None:
            facts |= {"url": server.url, "pid": server.pid}
        click.echo(json.dumps(facts))
    elif server is None:
        click.echo("no server runs; `asrlab label` starts one for the length of its call")
    else:
        click.echo(f"a Prefect server runs at {server.url.removesuffix('/api')} (pid {server.pid})")
