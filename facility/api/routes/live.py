"""/live: a WebSocket with what is measured, as it changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from facility.access import Permission
from facility.api.entry import needs
from facility.api.live import Listener, LiveFeed
from facility.api.problem import ProblemError
from facility.api.rate_limit import Throttle, client_address
from facility.api.who import Who, who_asks

router = APIRouter(tags=["readings"])
REFUSED = 1008  # close code of RFC 6455: against policy
ASK_AGAIN_S = 30.0  # sessions and tokens end while somebody listens


@router.websocket("/live")
async def read_live(
    socket: WebSocket, who: Annotated[Who, needs(Permission.READ)], form: Literal["json", "gzip"] = "json"
) -> None:
    """Send all newest readings, then changes, until the client goes or may not read any more; what it says is not heard.

    With `form=gzip` the same JSON comes packed, in binary messages.
    """
    if not _same_origin(socket):
        await socket.close(REFUSED)
        return
    throttle: Throttle = socket.app.state.throttle
    with throttle.socket(who.name if who.known else client_address(socket.scope)):
        await socket.accept()
        await _serve(socket, socket.app.state.live, packed=form == "gzip")


async def _serve(socket: WebSocket, feed: LiveFeed, *, packed: bool) -> None:
    async with feed.listen() as listener:
        sending = asyncio.create_task(_send(socket, listener, packed=packed))
        try:
            await _until_it_goes(socket)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending


async def _until_it_goes(socket: WebSocket) -> None:
    """Return when the client has gone; close the socket when it may not read any more."""
    loop = asyncio.get_running_loop()
    ask_again = loop.time() + ASK_AGAIN_S
    while True:
        try:
            async with asyncio.timeout_at(ask_again):
                if (await socket.receive())["type"] == "websocket.disconnect":
                    return
        except TimeoutError:
            if not await asyncio.to_thread(_may_read, socket):
                await socket.close(REFUSED, "sign in again")
                return
            ask_again = loop.time() + ASK_AGAIN_S


def _may_read(socket: WebSocket) -> bool:
    try:
        return Permission.READ in who_asks(socket).permissions
    except ProblemError:
        return False


async def _send(socket: WebSocket, listener: Listener, *, packed: bool) -> None:
    while True:
        message = await listener.next()
        await (socket.send_bytes(message.gzipped) if packed else socket.send_text(message.text))


def _same_origin(socket: WebSocket) -> bool:
    """Tell whether the page that asks is ours; what is no browser names no origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == socket.headers.get("host", "").lower()
