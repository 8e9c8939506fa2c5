"""The control interface: JSON in and out."""

import json
import re
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.scripts.writing import script_of
from bot.channels.simulator import TOKEN
from bot.channels.simulator.control import acts, trouble, uploads, views, votes
from bot.channels.simulator.control.acts import ImpossibleError, number_in
from bot.channels.simulator.control.guard import check_origin, check_type
from bot.channels.simulator.state.database import Json, encode
from bot.channels.simulator.state.journal import MOST_ENTRIES
from bot.channels.simulator.state.people import Person
from bot.channels.simulator.state.state import State

Act = Callable[[State, Json], Json]
Endpoint = Callable[[Request], Awaitable[Response]]

_LONGEST_WAIT = 60.0


def route(
    path: str, handler: Callable[[State, Request], Awaitable[Any]], *, method: str = "GET"
) -> Route:
    """A guarded address, whose errors are JSON too."""

    async def endpoint(request: Request) -> Response:
        state: State = request.app.state.simulator
        try:
            check_origin(request, listen_host=request.app.state.listen_host)
            result = await handler(state, request)
        except ImpossibleError as impossible:
            return respond(impossible.body, status=impossible.status)
        finally:
            state.database.commit()
        return result if isinstance(result, Response) else respond(result)

    return Route(f"/control/{path}", endpoint, methods=[method])


def respond(body: Json, *, status: int = 200) -> Response:
    """A JSON response."""
    return written(encode(body), status=status)


def written(body: str, *, status: int = 200) -> Response:
    """A response that is JSON already."""
    return Response(body, status_code=status, media_type="application/json")


def posted(path: str, act: Act) -> Route:
    """An address that takes a JSON object."""

    async def handler(state: State, request: Request) -> Json:
        check_type(request, "application/json")
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ImpossibleError(400, "the body is not a JSON object")
        return act(state, body)

    return route(path, handler, method="POST")


async def health(_: State, request: Request) -> Json:
    """Says that a simulator answers here, and how a bot reaches it."""
    base = str(request.base_url).rstrip("/")
    version = metadata.version("akar-bot")
    return {"simulator": "akar", "version": version, "bot_url": base, "token": TOKEN}


def person_in(state: State, body: Json) -> Person:
    """Who acts; someone unknown is created."""
    name = str(body.get("person") or "").strip()
    if not name:
        raise ImpossibleError(400, "person is missing")
    language = body.get("language")
    person = state.people.named(name)
    if person:
        return person
    person = state.people.meet(name, language=str(language) if language else None)
    state.events.publish({"type": "people"})
    return person


def known_person(state: State, name: object) -> Person:
    """Someone who is there already."""
    person = state.people.named(str(name))
    if not person:
        keys = [each.key for each in state.people]
        raise ImpossibleError(404, f"there is nobody called {name}", people=keys)
    return person


def add_person(state: State, body: Json) -> Json:
    """Someone new."""
    name, key = str(body.get("name") or "").strip(), body.get("key")
    language = str(body.get("language") or "id")
    if not name or len(name) > 64:
        raise ImpossibleError(400, "name is missing or longer than 64")
    if key is not None and (not re.fullmatch(r"[\w-]{1,32}", str(key)) or state.people.named(key)):
        raise ImpossibleError(409, f"{key} is taken, or is not a key of letters and digits")
    person = state.people.create(name, language=language, key=key)
    state.events.publish({"type": "people"})
    return views.person(state, person)


def say(state: State, body: Json) -> Json:
    """Write a text."""
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ImpossibleError(400, "text is empty")
    person = person_in(state, body)
    chat_id = acts.chat_of(person, body.get("chat"))
    numbers = {name: number_in(body, name) for name in ("reply_to", "topic")}
    return acts.say(state, person, text, chat_id=chat_id, **numbers)


def forum(state: State, body: Json) -> Json:
    """Let the group have topics, which the bot manages unless it is said not to; or none."""
    is_forum, manages = bool(body.get("forum", True)), bool(body.get("manages", True))
    state.forum.become(forum=is_forum, manages=is_forum and manages)
    state.events.publish({"type": "people"})
    return {"forum": is_forum, "manages": is_forum and manages}


def topic(state: State, body: Json) -> Json:
    """Close a topic, or open it again."""
    person, thread = known_person(state, body.get("person")), number_in(body, "topic") or 0
    return acts.move_topic(state, person, thread, closed=bool(body.get("closed", True)))


def edit(state: State, body: Json) -> Json:
    """Change a message."""
    person = known_person(state, body.get("person"))
    chat_id = acts.chat_of(person, body.get("chat"))
    number = number_in(body, "message_id")
    text = str(body.get("text") or "")
    return acts.edit(state, person, text, chat_id=chat_id, message_id=number)


def press(state: State, body: Json) -> Json:
    """Press a button."""
    person = known_person(state, body.get("person"))
    return acts.press(state, person, body, chat_id=acts.chat_of(person, body.get("chat")))


def vote(state: State, body: Json) -> Json:
    """Vote in a poll."""
    person = known_person(state, body.get("person"))
    return votes.vote(state, person, body, chat_id=acts.chat_of(person, body.get("chat")))


async def upload(state: State, request: Request) -> Json:
    """Send a file."""
    check_type(request, "multipart/form-data")
    async with request.form() as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        given = (
            (file.filename or "file", await file.read()) if isinstance(file, UploadFile) else None
        )
    person = person_in(state, dict(fields))
    chat_id = acts.chat_of(person, fields.get("chat"))
    kind, caption = fields.get("kind", ""), fields.get("caption", "")
    content = uploads.content_of(state, kind, given, caption=caption)
    return acts.post(state, person, content, chat_id=chat_id)


def resend(state: State, body: Json) -> Json:
    """Deliver the last update once more."""
    name = body.get("person")
    key = known_person(state, name).key if name else None
    update_id = state.updates.resend(key)
    if update_id is None:
        raise ImpossibleError(404, "there is no update to deliver again")
    return {"update_id": update_id, "sequence": state.journal.last}


def delete(state: State, body: Json) -> Json:
    """Delete a message, of which the bot is not told."""
    person = known_person(state, body.get("person"))
    chat_id = acts.chat_of(person, body.get("chat"))
    return acts.delete(state, person, chat_id=chat_id, message_id=number_in(body, "message_id"))


def block(state: State, body: Json) -> Json:
    """Block the bot, or let it write again."""
    person = known_person(state, body.get("person"))
    return acts.block(state, person, blocked=bool(body.get("blocked", True)))


def reset(state: State, body: Json) -> Json:
    """Empty a chat."""
    person = known_person(state, body.get("person"))
    return views.person(state, acts.reset(state, person, as_new=bool(body.get("new"))))


def update(state: State, body: Json) -> Json:
    """Queue a raw update."""
    raw = {name: value for name, value in body.items() if name != "update_id"}
    return {"update_id": state.updates.put_raw(raw), "sequence": state.journal.last}


def note_turns(state: State, body: Json) -> Json:
    """Hear from the bot what it decided, which nobody else is told."""
    turns = body.get("turns")
    if not isinstance(turns, list) or not all(map(_is_turn, turns)):
        raise ImpossibleError(400, "turns is no list of objects with update_id and turn")
    for each in turns:
        state.turns.keep(each["update_id"], each["turn"])
    return {}


def _is_turn(each: object) -> bool:
    if not isinstance(each, dict):
        return False
    return number_in(each, "update_id") is not None and isinstance(each.get("turn"), dict)


async def script(state: State, request: Request) -> Response:
    """Somebody's chat as a conversation script; without a name, that of whoever wrote last."""
    name = request.query_params.get("person") or state.turns.last_person()
    if name is None:
        raise ImpossibleError(404, "nobody has written anything")
    person = known_person(state, name)
    done = [
        (votes.labelled(state, update), turn) for update, turn in state.turns.done_by(person.key)
    ]
    if not done:
        raise ImpossibleError(404, f"{person.key} has written nothing")
    text = script_of(done, language=person.language or "")
    return Response(text, media_type="text/yaml; charset=utf-8")


async def taken(state: State, request: Request) -> Json:
    """Whether the bot has fetched all there is of an update."""
    return {"taken": state.updates.is_taken(request.path_params["number"])}


async def sent(state: State, request: Request) -> Response:
    """What the bot sent after a number, and the number to ask after next time.

    No more than the first ten thousand at once; the last two hundred thousand are kept. What was
    accepted and then cut off is marked with `cut`.
    """
    query = request.query_params
    try:
        after = int(query.get("after", 0))
        limit = int(query.get("limit", MOST_ENTRIES))
        seconds = float(query.get("timeout", 0))
    except ValueError:
        raise ImpossibleError(400, "after, limit and timeout are numbers") from None
    if not state.stopping.is_set():
        await state.journal.wait_after(after, min(seconds, _LONGEST_WAIT))
    entries = state.journal.after(after, limit=min(max(limit, 1), MOST_ENTRIES))
    last = entries[-1].number if entries else state.journal.last
    texts = ",".join(entry.text for entry in entries)
    return written(f'{{"sent":[{texts}],"last":{last}}}')


ROUTES = [  # They are tried in this order, so the busiest come first.
    posted("say", say),
    route("sent", sent),
    route("updates/{number:int}", taken),
    route("health", health),
    route("people", views.people),
    route("chats/{person}", views.chat),
    route("menu/{person}", views.menu),
    route("files/{id}", views.file),
    route("events", views.events),
    route("upload", upload, method="POST"),
    posted("people", add_person),
    posted("edit", edit),
    posted("delete", delete),
    posted("press", press),
    posted("vote", vote),
    posted("resend", resend),
    posted("block", block),
    posted("forum", forum),
    posted("topic", topic),
    posted("reset", reset),
    route("limits", trouble.limits),
    posted("limits", trouble.limit),
    posted("fault", trouble.fault),
    posted("update", update),
    posted("turns", note_turns),
    route("script", script),
]
