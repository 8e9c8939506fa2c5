"""How the bot gets its updates: by asking, or at a webhook."""

import asyncio
import re
from urllib.parse import urlsplit

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State
from bot.channels.simulator.state.updates import Watch

_MOST = 100
_LONGEST_WAIT = 50
_PORTS = (None, 80, 88, 443, 8443)
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


class Batch(list[str]):
    """Updates that are JSON already."""

    resent = False


async def get_updates(state: State, call: Call) -> Batch:
    """The updates that wait; holds the connection while there are none."""
    if webhook(state):
        raise RefusalError(409, _WEBHOOK_ACTIVE)
    _allow(state, call)
    state.updates.confirm(call.integer("offset"))
    watch = _take_over(state)
    limit = min(max(call.integer("limit", _MOST), 1), _MOST)
    batch = _ready(state, limit)
    seconds = min(call.integer("timeout"), _LONGEST_WAIT)
    if batch or seconds <= 0 or state.stopping.is_set():
        return batch
    await _wait(state, call, seconds, watch)
    if watch.is_ended and not state.stopping.is_set():
        raise RefusalError(409, _WEBHOOK_ACTIVE if webhook(state) else _CONFLICT)
    return _ready(state, limit)


def _take_over(state: State) -> Watch:
    """Ends the poll that waits, as only one may."""
    state.poll.end()
    state.poll = Watch()
    return state.poll


def _ready(state: State, limit: int) -> Batch:
    resent = Batch(state.updates.take_resent())
    resent.resent = True
    return resent or Batch(state.updates.waiting(limit))


async def _wait(state: State, call: Call, seconds: float, watch: Watch) -> None:
    """Until something waits, another poll comes, the client goes, or the time is up."""
    state.updates.watch(watch)
    gone = asyncio.create_task(_gone(call))
    gone.add_done_callback(lambda _: watch.set())
    try:
        async with asyncio.timeout(seconds):
            await watch.wait()
    except TimeoutError:
        return
    finally:
        state.updates.unwatch(watch)
        gone.cancel()


async def _gone(call: Call) -> None:
    """Until the client hangs up."""
    while call.gone and (await call.gone())["type"] != "http.disconnect":
        pass


def _allow(state: State, call: Call) -> None:
    refusal = "can't parse allowed updates JSON object"
    kinds = call.structure("allowed_updates", refusal=refusal)
    if isinstance(kinds, list):
        state.updates.allow([str(kind) for kind in kinds])


def webhook(state: State) -> Json:
    """What was set as the webhook; empty when the bot polls."""
    found: Json = state.database.setting("webhook", {})
    return found


def set_webhook(state: State, call: Call) -> bool:
    """Deliver to an address from now on; an empty one is no webhook."""
    url = call.text("url")
    if not url:
        return delete_webhook(state, call)
    _check_address(url)
    secret = call.text("secret_token")
    if not re.fullmatch("[A-Za-z0-9_-]{0,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    _allow(state, call)
    if call.truth("drop_pending_updates"):
        state.updates.drop()
    connections = min(max(call.integer("max_connections", 40), 1), 100)
    state.database.remember("webhook", {"url": url, "secret": secret, "connections": connections})
    state.poll.end()
    state.change_webhook()
    return True


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not local and parts.port not in _PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def delete_webhook(state: State, call: Call) -> bool:
    """Deliver to nobody; the bot may ask again."""
    state.database.forget("webhook")
    if call.truth("drop_pending_updates"):
        state.updates.drop()
    state.change_webhook()
    return True


def get_webhook_info(state: State, _: Call) -> Json:
    """How delivery goes."""
    hook = webhook(state)
    info = {
        "url": hook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": state.updates.count(),
    }
    if hook:
        info["max_connections"] = hook["connections"]
    if hook.get("error"):
        info |= {"last_error_date": hook["error_date"], "last_error_message": hook["error"]}
    if state.updates.allowed:
        info["allowed_updates"] = state.updates.allowed
    return info


def log_out(state: State, _: Call) -> bool:
    """Leave the server, which changes nothing here but the poll that waits."""
    state.poll.end()
    return True
