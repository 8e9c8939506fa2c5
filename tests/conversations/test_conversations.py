"""Plays every conversation script on one bot and one simulator."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.channels.scripts.playing import Result, play
from bot.channels.scripts.reading import read_scripts
from bot.channels.scripts.script import Case, cases
from bot.channels.scripts.stage import Stage, open_stage
from bot.settings import settings_environment

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCRIPTS = read_scripts([HERE])
CASES = [case for conversation in SCRIPTS.conversations for case in cases(conversation)]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stage(prepared_data: Path) -> Iterator[Stage]:
    environment = partial(
        settings_environment, knowledge=ROOT / "knowledge", prompts=ROOT / "prompts"
    )
    with open_stage(environment, prepared=prepared_data) as opened:
        yield opened


def name(case: Case) -> str:
    conversation = case.conversation
    script = conversation.path.relative_to(HERE).with_suffix("").as_posix()
    return f"{script}: {conversation.name}: {case.form[:40]}".removesuffix(": ")


def told(result: Result) -> str:
    unmet = result.failure.unmet if result.failure else ()
    lines = [f"{said.who}: {said.text}" for said in result.transcript]
    lines += [f"line {each.line}: {each.name}: {each.expected}" for each in unmet]
    return "\n".join(lines)


def test_scripts_have_no_mistakes() -> None:
    assert SCRIPTS.mistakes == ()


@pytest.mark.parametrize("case", CASES, ids=name)
def test_goes_as_written(case: Case, stage: Stage) -> None:
    result = play(case, stage)

    assert result.failure is None, told(result)
