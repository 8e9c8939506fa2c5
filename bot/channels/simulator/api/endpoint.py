"""The addresses of the Bot API: methods, and files to download."""

import asyncio
import contextlib
import json
import re
import secrets
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels.simulator import TOKEN
from bot.channels.simulator.api.calls import Call, read_call
from bot.channels.simulator.api.methods import carry_out, is_limited, proper_name, write_down
from bot.channels.simulator.api.refusals import RefusalError, too_many_requests
from bot.channels.simulator.api.updates import Batch
from bot.channels.simulator.api.webhook import Answer
from bot.channels.simulator.state.database import Json, encode
from bot.channels.simulator.state.faults import Fault
from bot.channels.simulator.state.state import State

_TOKEN_FORM = re.compile(r"\d{1,16}:[A-Za-z0-9_-]{10,}")


class Cut(Response):
    """No response at all: the connection is closed."""

    async def __call__(
        self,
        scope: Scope,  # noqa: ARG002 - Starlette's signature
        receive: Receive,
        send: Send,  # noqa: ARG002 - Starlette's signature
    ) -> None:
        """Close the connection of uvicorn, to which `receive` belongs."""
        cycle = getattr(receive, "__self__", None)
        transport = getattr(cycle, "transport", None)
        if transport is None:
            raise ConnectionResetError
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def call_method(request: Request) -> Response:
    """One call of the Bot API."""
    state: State = request.app.state.simulator
    name = proper_name(request.path_params["method"])
    call = Call(name, {})
    try:
        _check_token(request.path_params["token"])
        _check_page(request)
        call = await read_call(request, name)
        fault = state.faults.next_for(name.lower())
        body, resent = await _result(state, call, fault)
    except RefusalError as refusal:
        return _respond(state, call, encode(refusal.answer()), status=refusal.status)
    except ClientDisconnect:  # The bot hung up before it had said what it wants.
        return Response()
    if fault and fault.kind == "cut":
        return _cut(state, call)
    return _respond(state, call, body, status=200, known=not resent)


def _check_token(token: str) -> None:
    if secrets.compare_digest(token.encode(), TOKEN.encode()):
        return
    if _TOKEN_FORM.fullmatch(token):
        raise RefusalError(401, "Unauthorized")
    raise RefusalError(404, "Not Found")


_OF_A_BROWSER = frozenset({"origin", "sec-fetch-site"})
"""Headers of which browsers send at least one with whatever a page asks for: pictures, too."""


def _check_page(request: Request) -> None:
    """Refuse what a browser sends for a page: the token here is no secret."""
    if _OF_A_BROWSER.intersection(request.headers):
        raise RefusalError(403, "Forbidden: a web page cannot be the bot of the simulator")


async def _result(state: State, call: Call, fault: Fault | None) -> tuple[str, bool]:
    if fault:
        await _go_wrong(state, call, fault)
        if fault.kind == "cut" and not fault.after:
            return "", False
    more = {"cut": True} if fault and fault.kind == "cut" else {}
    result: Any = await carry_out(state, call, more)
    if isinstance(result, Batch):
        return f'{{"ok":true,"result":[{",".join(result)}]}}', bool(result) and result.resent
    return encode({"ok": True, "result": result}), False


async def _go_wrong(state: State, call: Call, fault: Fault) -> None:
    """Ends in a refusal, or in a pause."""
    await asyncio.sleep(fault.seconds)
    refusals = {
        "429": too_many_requests(fault.retry_after),
        "500": RefusalError(500, "Internal Server Error"),
    }
    if fault.kind == "429" and is_limited(call):
        state.limits.announce(call.integer("chat_id"), fault.retry_after)
    if fault.kind in refusals:
        refusal = refusals[fault.kind]
        write_down(
            state, call, {"ok": False, "description": refusal.description, "fault": fault.kind}
        )
        raise refusal
    if fault.kind == "cut" and not fault.after:
        write_down(state, call, {"ok": False, "description": "cut", "fault": "cut"})


def _cut(state: State, call: Call) -> Response:
    state.database.commit()
    if state.exchanges.wanted:
        state.exchanges.write(_request(call))
    return Cut()


def _respond(state: State, call: Call, body: str, *, status: int, known: bool = True) -> Response:
    state.database.commit()
    if state.exchanges.wanted:
        # An update that a test delivers twice breaks Telegram's rules, so its response is left out.
        answer = {"status": status, "response": json.loads(body)} if known else {"resent": True}
        state.exchanges.write(_request(call) | answer)
    return Response(body, status_code=status, media_type="application/json")


def _request(call: Call) -> Json:
    files = {"files": sorted(call.files)} if call.files else {}
    return {"method": call.method, "params": call.values} | files


async def download(request: Request) -> Response:
    """The content of a file."""
    state: State = request.app.state.simulator
    try:
        _check_token(request.path_params["token"])
    except RefusalError as refusal:
        return Response(encode(refusal.answer()), refusal.status, media_type="application/json")
    file = state.files.at(request.path_params["path"])
    if not file:
        return Response(
            encode(RefusalError(404, "Not Found").answer()), 404, media_type="application/json"
        )
    return Response(file.content, media_type="application/octet-stream")


def answering(state: State) -> Answer:
    """What carries out a call that a webhook's response asks for."""

    async def answer(values: Json) -> None:
        if not values:
            return
        name = proper_name(str(values.pop("method")))
        with contextlib.suppress(RefusalError):  # Telegram does not tell the bot either.
            await carry_out(state, Call(name, values))
        state.database.commit()

    return answer
