"""Whatever comes from outside, nothing crashes, nothing hangs, and no message is lost."""

import asyncio
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.backends.knowledge.folder import check_folder
from bot.channels.observing import Unobserved
from bot.channels.simulator import TOKEN
from bot.channels.telegram.channel import Telegram, connect
from bot.channels.telegram.incoming import envelope
from bot.channels.telegram.sending import Pace
from bot.core.messages import Incoming, Turn
from bot.core.pacing import MemoryRates
from bot.settings import Settings, SettingsError, load_settings
from tests.fakes import PHRASES, MemoryMail
from tests.integration.knowledge_folders import write
from tests.integration.simulators import running

pytestmark = pytest.mark.timeout(300)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
numbers = st.integers(min_value=-(2**70), max_value=2**70)
users = st.fixed_dictionaries(
    {"id": numbers | anything, "is_bot": st.booleans() | anything, "first_name": st.text()},
    optional={"language_code": st.text() | anything},
)
chats = st.fixed_dictionaries(
    {
        "id": numbers | anything,
        "type": st.sampled_from(["private", "group", "supergroup", "channel", "new kind"])
        | anything,
    }
)
messages = st.fixed_dictionaries(
    {"message_id": numbers | anything, "date": numbers | anything, "chat": chats | anything},
    optional={
        "from": users | anything,
        "text": st.text() | anything,
        "entities": anything,
        "reply_to_message": anything,
        "photo": anything,
        "new_chat_members": anything,
    },
)
queries = st.fixed_dictionaries(
    {"id": st.text() | anything, "from": users | anything, "chat_instance": st.text() | anything},
    optional={"message": messages | anything, "data": st.text() | anything},
)
updates = st.fixed_dictionaries(
    {},
    optional={
        "message": messages | anything,
        "callback_query": queries | anything,
        "edited_message": anything,
        "unheard_of": anything,
    },
)


@given(st.text() | anything.map(json.dumps) | st.just("[" * 100_000))
def test_every_raw_update_has_an_envelope(raw: str) -> None:
    letter = envelope(raw)

    assert abs(letter.chat) < 2**63
    assert letter.raw == raw


async def nothing_said(_incoming: Incoming) -> Turn:
    return Turn("id")


async def played(url: str, found: list[dict[str, Any]]) -> MemoryMail:
    """Hand updates to a channel, and let it go through them."""
    mail = MemoryMail()
    channel = Telegram(
        connect(TOKEN, url=url),
        nothing_said,
        mail=mail,
        pace=Pace(MemoryRates(lambda: 0.0), 0),
        observer=Unobserved(),
        phrases=PHRASES,
    )
    await channel.connect(on_away=lambda _: None)
    following = asyncio.create_task(channel.inbox.follow(every=1))
    await channel.receive(
        [update | {"update_id": number} for number, update in enumerate(found, start=1)]
    )
    async with asyncio.timeout(60):
        while await mail.waiting(beside=(), limit=1):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    following.cancel()
    await channel.finish(within=1)
    await channel.close()
    return mail


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("fuzz") / "chats.sqlite3") as simulator:
        yield simulator.base_url


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(found=st.lists(updates, min_size=1, max_size=8))
def test_every_update_is_done_or_a_dead_letter(url: str, found: list[dict[str, Any]]) -> None:
    mail = asyncio.run(played(url, found))

    assert set(mail.dead) <= set(range(1, len(found) + 1))


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
NAMES = sorted(f"AKAR_{name}".upper() for name in Settings.model_fields)


@settings(deadline=None)
@given(name=st.sampled_from(NAMES), value=VALUES)
def test_a_setting_is_taken_or_refused_by_its_name(name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.chdir(folder)
        patch.setenv(name, value)
        refused: list[SettingsError] = []
        try:
            load_settings()
        except SettingsError as error:
            refused.append(error)

        assert [error.values.get("name", name) for error in refused] in ([], [name])


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_knowledge_file_gives_findings_only(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "knowledge"
        write(folder)
        path = data.draw(st.sampled_from(sorted(path for path in folder.rglob("*.*"))))
        content = path.read_bytes()
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 40, len(content))))
        path.write_bytes(content[:start] + data.draw(st.binary(max_size=20)) + content[end:])

        checked = check_folder(folder, today=date(2030, 6, 15))

        assert all(finding.file for finding in checked.findings)
