"""The commands. Each imports what it needs when it is called, so that `--help` is quick."""

import sys
import traceback
from typing import Annotated

import typer

from bot.cli import asking, conversing, drafting, gaps, knowledge, running, statistics, upkeep
from bot.cli.logs import came_from, redacted, set_up_logging
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
knowledge.app.command("import")(drafting.import_document)
knowledge.app.command("new")(drafting.new)
knowledge.app.command("gaps")(gaps.gaps)
app.command("run")(running.run)
app.command("simulator")(running.simulator)
app.command("ask")(asking.ask)
app.command("search")(asking.search)
app.command("converse")(conversing.converse)
app.command("status")(upkeep.status)
app.command("stats")(statistics.stats)
app.command("replay")(upkeep.replay)
app.command("export")(upkeep.export)
app.command("forget")(upkeep.forget)


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
    set_up_logging()
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last place to say it without a traceback
        if is_debugging:
            sys.stderr.write(redacted("".join(traceback.format_exception(error))))
        told = error if isinstance(error, BotError) else _unforeseen(error)
        say_error(told)
        sys.exit(exit_code(told))


def _unforeseen(error: Exception) -> BotError:
    """Return what to say of a mistake of ours, whose own words may hold anything."""
    return BotError("unforeseen", where=came_from(error))
