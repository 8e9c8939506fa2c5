"""The commands. Each imports what it needs when it is called, so that `--help` is quick."""

import sys
from typing import Annotated

import typer

from bot.cli import asking, conversing, knowledge, running
from bot.cli.output import exit_code, say_error
from bot.core.ports import BotError

app = typer.Typer(
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Akar answers small businesses on Telegram, from a program's own dated sources.",
)
app.add_typer(knowledge.app, name="knowledge")
app.command("run")(running.run)
app.command("simulator")(running.simulator)
app.command("ask")(asking.ask)
app.command("search")(asking.search)
app.command("converse")(conversing.converse)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    _debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Run the bot when no command is given.

    Example: `akar`, then open the page whose address it prints.
    """
    if context.invoked_subcommand is None:
        running.run()


def main() -> None:
    """Run a command; an error becomes one or two sentences and an exit code."""
    is_debugging = "--debug" in sys.argv
    sys.argv[:] = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except BotError as error:
        if is_debugging:
            raise
        say_error(error)
        sys.exit(exit_code(error))
