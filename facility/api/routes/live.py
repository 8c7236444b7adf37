"""/live: a WebSocket with what is measured, as it changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from facility.access import Permission
from facility.api.entry import needs
from facility.api.live import Listener, LiveFeed
from facility.api.problem import ProblemError
from facility.api.who import who_asks

router = APIRouter(tags=["readings"])
REFUSED = 1008  # close code of RFC 6455: against policy
ASK_AGAIN_S = 30.0  # sessions and tokens end while somebody listens


@router.websocket("/live", dependencies=[needs(Permission.READ)])
async def read_live(socket: WebSocket) -> None:
    """Send all newest readings, then changes, until the client goes or may not read any more; what it says is not heard."""
    if not _same_origin(socket):
        await socket.close(REFUSED)
        return
    feed: LiveFeed = socket.app.state.live
    await socket.accept()
    async with feed.listen() as listener:
        sending = asyncio.create_task(_send(socket, listener))
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


async def _send(socket: WebSocket, listener: Listener) -> None:
    while True:
        await socket.send_text(await listener.next())


def _same_origin(socket: WebSocket) -> bool:
    """Tell whether the page that asks is ours; what is no browser names no origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == socket.headers.get("host", "").lower()
