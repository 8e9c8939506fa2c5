"""The same bot with its inbox in memory: what durability is compared with."""

import asyncio
import signal
import sys

import uvloop

from bot.app.assembly import App
from bot.app.running import run
from bot.backends.knowledge.publish import Published
from bot.backends.store.mail import Backlog
from bot.backends.store.sharing import Member
from bot.channels.simulator import TOKEN
from bot.core.ports import BotError
from bot.settings import load_settings
from tests.fakes import MemoryMail


class ForgetfulMail(MemoryMail):
    """A `MemoryMail` that a running bot looks after."""

    async def backlog(self) -> Backlog:
        return Backlog(0, None, ())

    async def purge(self) -> None:
        return


class Quiet:
    """Reports that nobody reads."""

    def progress(self, done: int, total: int) -> None:
        return

    def published(self, published: Published) -> None:
        return

    def problem(self, error: BotError) -> None:
        sys.stderr.write(f"{error}\n")

    def running(self, username: str) -> None:
        return

    def left(self, count: int) -> None:
        return


def _forgetful(_app: App, _member: Member) -> ForgetfulMail:
    return ForgetfulMail()


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = load_settings().settings
    url = settings.telegram_url
    await run(settings, token=TOKEN, url=url, stop=stop, reports=Quiet(), make_mail=_forgetful)


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # As `akar run` does.
    uvloop.run(main())
