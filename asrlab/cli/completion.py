"""`asrlab completion`: the script with which a shell completes asrlab's commands and options."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes asrlab's commands and options.

    \b
    bash: asrlab completion bash >> ~/.bashrc
    zsh:  asrlab completion zsh >> ~/.zshrc
    fish: asrlab completion fish > ~/.config/fish/completions/asrlab.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "asrlab", "_ASRLAB_COMPLETE").source())
