"""`uv run python -m tests.benchmarks …`."""

import typer

from tests.benchmarks import (
    answers,
    broadcast,
    chaos,
    clusters,
    converting,
    decision,
    foreign,
    gaps,
    journeys,
    publishing,
    restart,
    soak,
    speed,
    talk,
)

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True)
app.command("answers")(answers.main)
app.command("broadcast")(broadcast.main)
app.command("chaos")(chaos.main)
app.command("clusters")(clusters.main)
app.command("convert")(converting.main)
app.command("decision")(decision.main)
app.command("gaps")(gaps.main)
app.command("journeys")(journeys.main)
app.command("publishing")(publishing.main)
app.command("restart")(restart.main)
app.command("search")(foreign.main)
app.command("soak")(soak.main)
app.command("speed")(speed.main)
app.command("talk")(talk.main)

if __name__ == "__main__":
    app()
