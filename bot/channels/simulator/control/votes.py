"""Votes in the bot's polls and quizzes."""

from collections.abc import Iterator

from bot.channels.simulator.control.acts import ImpossibleError
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.people import Person
from bot.channels.simulator.state.state import State


def vote(state: State, person: Person, wanted: Json, *, chat_id: int) -> Json:
    """Vote in the newest poll with an option, by its label; `message_id` narrows it down."""
    message, chosen = _find(state, wanted, chat_id=chat_id)
    poll = message["poll"]
    if poll["is_closed"]:
        raise ImpossibleError(409, "the poll is closed")
    before = state.polls.votes(poll["id"])
    if person.id in before and not poll["allows_revoting"]:
        raise ImpossibleError(409, f"{person.key} has voted")
    sequence = state.journal.last
    state.polls.vote(poll["id"], person.id, [chosen])
    state.events.publish(
        {"type": "vote", "poll": poll["id"], "person": person.id, "options": [chosen]}
    )
    counted = _counted(poll, before | {person.id: [chosen]})
    state.messages.replace(message | {"poll": counted})
    state.updates.put("poll", counted, person=None)
    update_id = None if poll["is_anonymous"] else _tell(state, person, poll, chosen)
    return {"update_id": update_id, "poll_id": poll["id"], "sequence": sequence}


def labelled(state: State, update: Json) -> Json:
    """An update as it was, a vote with the label of its option."""
    answer = update.get("poll_answer")
    place = state.polls.message_of(answer["poll_id"]) if answer else None
    message = state.messages.get(*place) if place else None
    if not message or not answer or not answer["option_ids"]:
        return update
    option = message["poll"]["options"][answer["option_ids"][0]]
    return {"poll_answer": answer | {"label": option["text"]}}


def _tell(state: State, person: Person, poll: Json, chosen: int) -> int | None:
    answer = {
        "poll_id": poll["id"],
        "user": person.user(),
        "option_ids": [chosen],
        "option_persistent_ids": [poll["options"][chosen]["persistent_id"]],
    }
    return state.updates.put("poll_answer", answer, person=person.key)


def _find(state: State, wanted: Json, *, chat_id: int) -> tuple[Json, int]:
    label = " ".join(str(wanted.get("option", "")).split()).casefold()
    for message in _polls(state, wanted, chat_id=chat_id):
        for place, option in enumerate(message["poll"]["options"]):
            if " ".join(option["text"].split()).casefold() == label:
                return message, place
    newest = next(_polls(state, wanted, chat_id=chat_id), None)
    there = [option["text"] for option in newest["poll"]["options"]] if newest else []
    raise ImpossibleError(404, f"there is no option {wanted.get('option')}", labels=there)


def _polls(state: State, wanted: Json, *, chat_id: int) -> Iterator[Json]:
    for message in state.messages.newest(chat_id):
        if "poll" in message and wanted.get("message_id") in (None, message["message_id"]):
            yield message


def _counted(poll: Json, votes: dict[int, list[int]]) -> Json:
    """A poll with its votes counted."""
    options = [
        option | {"voter_count": sum(place in chosen for chosen in votes.values())}
        for place, option in enumerate(poll["options"])
    ]
    return poll | {"options": options, "total_voter_count": len(votes)}
