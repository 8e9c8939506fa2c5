"""What the page and other programs read: people, chats, and what happens in them."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.channels.simulator.api.profile import commands_for, text_for
from bot.channels.simulator.control.acts import ImpossibleError
from bot.channels.simulator.state.database import Json, encode
from bot.channels.simulator.state.people import BOT_USERNAME, GROUP_ID, GROUP_KEY, Person
from bot.channels.simulator.state.state import State

_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def person(state: State, who: Person) -> Json:
    """Somebody, with their last message."""
    described = {"key": who.key, "chat_id": who.id, "blocked": who.blocked} | who.user()
    return described | _last(state, who.id)


def _last(state: State, chat_id: int) -> Json:
    last = next(state.messages.newest(chat_id), None)
    return {"last": last} if last else {}


async def people(state: State, _: Request) -> Json:
    """Everybody, and the group."""
    group = {"key": GROUP_KEY, "chat_id": GROUP_ID} | (state.people.chat(GROUP_ID) or {})
    everybody = [person(state, who) for who in state.people]
    return {"people": everybody, "group": group | _last(state, GROUP_ID)}


async def chat(state: State, request: Request) -> Json:
    """A chat's messages, oldest first."""
    chat_id = _chat_id(state, request.path_params["person"])
    votes = state.polls.votes_in(chat_id)
    return {"chat_id": chat_id, "messages": state.messages.of(chat_id), "votes": votes}


def _chat_id(state: State, name: str) -> int:
    if name == GROUP_KEY:
        return GROUP_ID
    found = state.people.named(name)
    if not found:
        raise ImpossibleError(404, f"there is nobody called {name}")
    return found.id


async def menu(state: State, request: Request) -> Json:
    """How the bot presents itself to somebody."""
    who = state.people.named(request.path_params["person"])
    if not who:
        raise ImpossibleError(404, f"there is nobody called {request.path_params['person']}")
    in_group = request.query_params.get("chat") == GROUP_KEY
    commands = commands_for(state, GROUP_ID if in_group else who.id, who.language)
    texts = {kind: text_for(state, kind, who.language) for kind in ("name", "description")}
    return texts | {"username": BOT_USERNAME, "commands": commands}


async def file(state: State, request: Request) -> Response:
    """A file for the page to show; only pictures are shown, the rest is saved."""
    found = state.files.get(request.path_params["id"])
    if not found:
        raise ImpossibleError(404, "there is no such file")
    kinds = (kind for start, kind in _PICTURES.items() if found.content.startswith(start))
    kind = next(kinds, "application/octet-stream")
    headers = {"x-content-type-options": "nosniff", "cache-control": "max-age=86400"}
    if kind == "application/octet-stream":
        headers["content-disposition"] = "attachment"
    return Response(found.content, media_type=kind, headers=headers)


async def events(state: State, _: Request) -> Response:
    """What happens, as it happens."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_stream(state), media_type="text/event-stream", headers=headers)


async def _stream(state: State) -> AsyncIterator[str]:
    listener = state.events.listen()
    yield "retry: 500\n\n: hello\n\n"
    try:
        while not state.stopping.is_set():
            try:
                async with asyncio.timeout(15):
                    event = await listener.get()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            yield f"data: {encode(event)}\n\n"
    finally:
        state.events.leave(listener)
