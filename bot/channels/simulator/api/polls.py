"""Polls and quizzes that the bot sends and stops."""

from typing import Any

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.editing import own_message
from bot.channels.simulator.api.entities import units
from bot.channels.simulator.api.keyboards import read_markup
from bot.channels.simulator.api.refusals import bad_request
from bot.channels.simulator.api.sending import read_formatted, send
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State

_MOST_OPTIONS = 12
_LONGEST_QUESTION = 300
_LONGEST_OPTION = 100
_LONGEST_EXPLANATION = 200
_MOST_LINE_FEEDS = 2


def send_poll(state: State, call: Call) -> Json:
    """A poll, or a quiz."""
    poll = _head(call) | {"options": _options(call)} | _kind(call)
    message = send(state, call, {"poll": {"id": state.polls.begin()} | poll})
    state.polls.place(message["poll"]["id"], message)
    return message


def _head(call: Call) -> Json:
    question, _ = read_formatted(call, "question", "question_entities")
    if not question:
        raise bad_request("poll question must be non-empty")
    if units(question) > _LONGEST_QUESTION:
        raise bad_request(f"poll question length must not exceed {_LONGEST_QUESTION}")
    return {
        "question": question,
        "total_voter_count": 0,
        "is_closed": call.truth("is_closed"),
        "is_anonymous": call.truth("is_anonymous") or "is_anonymous" not in call.values,
        "members_only": False,
    }


def _options(call: Call) -> list[Json]:
    listed = call.structure("options", refusal="can't parse options JSON object")
    if not isinstance(listed, list):
        raise bad_request("options must be of type Array")
    if not 1 <= len(listed) <= _MOST_OPTIONS:
        few = "poll must have at least 1 option"
        raise bad_request(f"poll can't have more than {_MOST_OPTIONS} options" if listed else few)
    return [
        {"persistent_id": str(place), "text": _option(option), "voter_count": 0}
        for place, option in enumerate(listed)
    ]


def _option(option: Any) -> str:
    """The text of an option, which older clients send alone."""
    text = option.get("text") if isinstance(option, dict) else option
    if not isinstance(text, str):
        raise bad_request("can't parse poll option: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("poll options must be non-empty")
    if units(text) > _LONGEST_OPTION:
        raise bad_request(f"poll options length must not exceed {_LONGEST_OPTION}")
    return text.strip()


def _kind(call: Call) -> Json:
    kind = call.text("type") or "regular"
    if kind not in ("regular", "quiz"):
        raise bad_request("unsupported poll type specified")
    several = call.truth("allows_multiple_answers")
    revoting = call.truth("allows_revoting") if "allows_revoting" in call.values else False
    common = {"type": kind, "allows_multiple_answers": several}
    if kind == "regular":
        return common | {"allows_revoting": revoting or "allows_revoting" not in call.values}
    return common | {"allows_revoting": revoting} | _quiz(call)


def _quiz(call: Call) -> Json:
    count = len(call.structure("options", refusal="") or ())
    right = _right(call)
    fit = all(isinstance(one, int) and 0 <= one < count for one in right)
    if not right or not fit or right != sorted(set(right)):
        raise bad_request("wrong correct option ID specified")
    if len(right) > 1 and not call.truth("allows_multiple_answers"):
        raise bad_request("wrong correct option ID specified")
    explanation, entities = read_formatted(call, "explanation", "explanation_entities")
    if units(explanation) > _LONGEST_EXPLANATION or explanation.count("\n") > _MOST_LINE_FEEDS:
        raise bad_request("quiz explanation is too long")
    told = {"explanation": explanation} if explanation else {}
    return (
        {"correct_option_ids": right}
        | told
        | ({"explanation_entities": entities} if entities else {})
    )


def _right(call: Call) -> list[Any]:
    """The right options; older clients name one."""
    if "correct_option_id" in call.values:
        return [call.integer("correct_option_id", -1)]
    refusal = "can't parse correct option identifiers JSON object"
    listed = call.structure("correct_option_ids", refusal=refusal)
    return listed if isinstance(listed, list) else []


def stop_poll(state: State, call: Call) -> Json:
    """A poll in which nobody votes any more."""
    markup = read_markup(call)
    message = own_message(state, call, missing="message with poll to stop not found")
    poll: Json | None = message.get("poll")
    if poll is None:
        raise bad_request("message is not a poll")
    if poll["is_closed"]:
        raise bad_request("poll has already been closed")
    closed = poll | {"is_closed": True}
    rest = {name: value for name, value in message.items() if name != "reply_markup"}
    more = {"reply_markup": markup} if markup else {}
    state.messages.replace(rest | {"poll": closed} | more)
    state.updates.put("poll", closed, person=None)
    return closed
