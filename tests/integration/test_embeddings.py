"""Any embedding model that LangChain knows can take the place of the embedded one."""

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.app.assembly import App, open_app
from bot.backends.models import EMBEDDED, load_embeddings
from bot.core.ports import KnowledgeError, ModelError
from bot.settings import Settings
from tests.conftest import ROOT
from tests.integration.knowledge_folders import write

pytestmark = pytest.mark.timeout(300)

MODEL = "ollama:small"


@dataclass
class Ollama:
    """A server that speaks as much of Ollama as embeddings need."""

    url: str = ""
    embedded: list[str] = field(default_factory=list)
    status: int = 200

    async def embed(self, request: Request) -> JSONResponse:
        body = await request.json()
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        self.embedded += texts
        vectors = [[1.0 + text.count(letter) for letter in "aeioubkmnprst"] for text in texts]
        answer = {"model": body["model"], "embeddings": vectors}
        content = answer if self.status == 200 else {"error": "no"}
        # Ollama's client has no close(): it would leave its connection open.
        return JSONResponse(content, self.status, headers={"Connection": "close"})


@contextlib.contextmanager
def serving(ollama: Ollama) -> Iterator[Ollama]:
    app = Starlette(routes=[Route("/api/embed", ollama.embed, methods=["POST"])])
    config = uvicorn.Config(app, port=0, log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    ollama.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield ollama
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        listener.close()


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ollama]:
    """A running server, to which the environment points."""
    with serving(Ollama()) as running:
        monkeypatch.setenv("OLLAMA_HOST", running.url)
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data",
        knowledge=write(tmp_path / "knowledge"),
        prompts=ROOT / "prompts",
        embeddings=MODEL,
    )


async def publish(app: App) -> None:
    await app.make_live(on_progress=lambda _done, _total: None)


async def test_publishes_and_searches_with_a_providers_model(
    ollama: Ollama, settings: Settings
) -> None:
    async with open_app(settings) as app:
        await publish(app)
        app.knowledge.search.is_thorough = True
        found = await app.search("surat apa untuk kios", language="id", limit=1)
        live = await app.knowledge.versions.live()

    assert found[0].card == "stalls#papers"
    assert "similarity" in dict(found[0].evidence)
    assert ollama.embedded[-1] == "surat apa untuk kios"
    assert live is not None
    assert (live.embeddings, "-ollama-small-" in live.name) == (MODEL, True)


async def test_answers_from_the_words_while_the_provider_fails(
    ollama: Ollama, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_app(settings) as app:
        await publish(app)
        ollama.status = 500

        found = await app.search("surat", language="id", limit=1)

    assert "similarity" not in dict(found[0].evidence)
    assert "search_failed" in caplog.text


async def test_a_provider_that_fails_while_publishing_is_named(
    ollama: Ollama, settings: Settings
) -> None:
    ollama.status = 500
    async with open_app(settings) as app:
        with pytest.raises(KnowledgeError) as refused:
            await publish(app)
        live = await app.knowledge.versions.live()

    assert refused.value.code == "texts_not_embedded"
    assert live is None


async def test_switching_models_rebuilds_the_index(
    ollama: Ollama, settings: Settings, tmp_path: Path
) -> None:
    async with open_app(settings) as app:
        await publish(app)
    embedded = len(ollama.embedded)

    async with open_app(settings.model_copy(update={"embeddings": "ollama:other"})) as app:
        published = await app.knowledge.publish()

    assert published.version.embeddings == "ollama:other"
    assert len(ollama.embedded) == 2 * embedded


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cohere:embed", "embeddings_package"),
        ("nosuchprovider:model", "embeddings_unloadable"),
        ("nosuchmodel", "embeddings_unloadable"),
        ("", "embeddings_unloadable"),
    ],
)
def test_a_model_that_cannot_be_had_is_named(name: str, code: str) -> None:
    with pytest.raises(ModelError) as refused:
        load_embeddings(name)

    assert (refused.value.code, refused.value.values["name"]) == (code, name)


def test_the_embedded_model_tells_questions_from_passages() -> None:
    embeddings = load_embeddings(EMBEDDED)

    question, (text,) = embeddings.embed_query("kios"), embeddings.embed_documents(["kios"])

    assert (len(question), len(text)) == (384, 384)
    assert sum(part * part for part in text) == pytest.approx(1.0, abs=0.01)
    assert question != text


def test_questions_that_meet_are_embedded_as_each_alone() -> None:
    embeddings = load_embeddings(EMBEDDED)
    texts = [f"surat apa untuk kios nomor {number}" for number in range(24)]
    alone = [embeddings.embed_query(text) for text in texts]

    with ThreadPoolExecutor(len(texts) + 1) as askers:
        passages = askers.submit(embeddings.embed_documents, texts[:4])
        met = list(askers.map(embeddings.embed_query, texts))

    assert met == [pytest.approx(vector, abs=1e-4) for vector in alone]
    assert len(passages.result()) == 4


def test_a_text_that_cannot_be_embedded_fails_alone() -> None:
    embeddings = load_embeddings(EMBEDDED)
    good, bad = [f"kios {number}" for number in range(15)], "half a character: \ud83d"

    with ThreadPoolExecutor(16) as askers:
        asked = [askers.submit(embeddings.embed_query, text) for text in [*good, bad]]
        failures = [each.exception() for each in asked]

    assert [type(failure) for failure in failures] == [type(None)] * 15 + [UnicodeEncodeError]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux binds threads")
def test_a_thread_that_spreads_a_question_has_a_processor_of_its_own() -> None:
    before = set(threading.enumerate())
    embeddings = load_embeddings(EMBEDDED)
    (lane,) = [each for each in set(threading.enumerate()) - before if "embeddings" in each.name]
    assert lane.native_id
    every = os.sched_getaffinity(os.getpid())

    embeddings.embed_query("surat kios")
    spread = os.sched_getaffinity(lane.native_id)
    embeddings.embed_documents(["surat kios", "sewa kios"])
    shared = os.sched_getaffinity(lane.native_id)

    assert (spread, shared) == ({min(every)}, every)
