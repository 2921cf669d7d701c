"""Follows a device: reads it, tells what changed, waits for the next change, and again.

One task per connection does this, and ends with the connection. The states it goes through are

    DISCONNECTED -> CONNECTED -> CHANGED or UNCHANGED -> SYNCED -> (a change) -> CONNECTED -> ...

and from anywhere to DISCONNECTED.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .._helpers import RAISED, AttrDict
from .._observe import Observed
from ..client import ExponentialRandomBackoff
from ..errors import SyncError
from ._changes import EVERYTHING, NOTHING, Changes, Scope
from ._hooks import _InformHookDeviceClient
from ._model import Model
from ._pace import Pace
from ._reader import LinkFailed, Reader
from ._state import (
    CHANGED,
    CONNECTED,
    DISCONNECTED,
    SYNCED,
    UNCHANGED,
    InspectingClientStateType,
)

__all__ = ["Follower", "StateCallback"]

StateCallback = Callable[[InspectingClientStateType, AttrDict | None], Any]


class Follower:
    """Keeps `model`, and whoever listens to its states, in step with the device of `client`.

    Parameters
    ----------
    first
        What to read when first connected.
    loop
        Gives the event loop.

    Attributes
    ----------
    state
        The present state.
    scope
        What of the device was read for the present call of the callback.
    callback
        Called with each state and the changes; what it returns is awaited if it can be.
    resync_delay
        How long to wait before asking a device again that refused a step; None before `begin`.
    """

    def __init__(
        self,
        client: _InformHookDeviceClient,
        model: Model,
        reader: Reader,
        first: Scope,
        logger: logging.Logger,
        loop: Callable[[], asyncio.AbstractEventLoop],
    ) -> None:
        self.state = Observed(DISCONNECTED, loop)
        self.scope = NOTHING
        self.callback: StateCallback | None = None
        self.resync_delay: ExponentialRandomBackoff | None = None
        self._client = client
        self._model = model
        self._reader = reader
        self._first = first
        self._logger = logger
        self._loop = loop
        self._changes = Changes()
        self._pace = Pace()
        self._changed = asyncio.Event()
        self._told: asyncio.Future[Any] | None = None  # done when the callback is
        self._task: asyncio.Task[None] | None = None

    def begin(self, resync_delay: ExponentialRandomBackoff) -> None:
        """Tell the first state."""
        self.resync_delay = resync_delay
        self._enter(DISCONNECTED)

    def end(self) -> None:
        """Tell the last state, unless the loss of the connection is going to."""
        if not self.state.value.connected:
            self._enter(DISCONNECTED)

    def connected(self, connected: bool) -> None:
        """Note that TCP connected, or was lost."""
        if connected:
            self._enter(CONNECTED)
            return
        for task in (self._task, self._told):
            if task is not None:
                task.cancel()
        self._task = self._told = None
        self._enter(DISCONNECTED)

    def identified(self) -> None:
        """Note that the protocol is known, or is another than it was: begin anew."""
        if self._task is not None:
            self._task.cancel()
            self._enter(CONNECTED)
        self._task = self._loop().create_task(self._stay_in_step())

    def note_change(self, words: Sequence[str]) -> None:
        """Note an announced change, given as the arguments of ``#interface-changed``."""
        self._changes.note(words)
        # On the next turn of the loop, but ahead of what hooks of the same inform put there.
        self._loop().call_soon(self._fall_out_of_step)

    def _fall_out_of_step(self) -> None:
        if self._changes and self.state.value == SYNCED:
            self._enter(CONNECTED)
        self._changed.set()

    async def _stay_in_step(self) -> None:
        try:
            scope, self._first = self._first, EVERYTHING
            self._changes.take()
            while True:
                await self._sync(scope)
                while not self._changes:
                    self._changed.clear()
                    await self._changed.wait()
                self._fall_out_of_step()  # unless its turn came before
                scope = await self._next_changes()
        except LinkFailed as exc:
            self._client.disconnect(str(exc))
        except Exception as exc:
            self._logger.exception("%s: syncing failed", self._client.bind_address_string)
            self._client.disconnect(f"syncing failed with {type(exc).__name__}: {exc}")

    async def _sync(self, scope: Scope) -> None:
        """Bring the model and its user in step with the device, however often it changes."""
        times = 0
        while True:
            await self._callback_done()
            try:
                await self._model.read(self._reader, scope)
            except LinkFailed:
                raise
            except SyncError as exc:
                scope |= await self._pause(str(exc))
                continue
            if not self._changes:
                await self._tell(scope)
                if not self._changes:
                    break
                scope = NOTHING
                self._enter(CONNECTED)
            scope |= await self._next_changes()
            times += 1
            if times % 10 == 0:
                self._complain_of_changes(times)
        self._client.progress.enter("synced")
        self._enter(SYNCED)
        await self._callback_done()
        assert self.resync_delay is not None
        self.resync_delay.success()
        self._client.healthy()

    async def _tell(self, scope: Scope) -> None:
        """Tell the callback what changed since it was last told."""
        await self._model.cut_short()
        news = await self._model.news()
        changes = news.changes()
        self.scope = scope
        self._model.telling(news)
        self._enter(CHANGED if changes else UNCHANGED, changes)
        await self._callback_done()
        self._model.told(news)

    async def _pause(self, trouble: str) -> Scope:
        """Wait before asking again a device that refused; gives what changed meanwhile."""
        assert self.resync_delay is not None
        delay = self.resync_delay.delay
        self.resync_delay.failed()
        what = f"{self._client.bind_address_string}: {trouble}; asking again in {delay:.1f} s"
        self._client.progress.failed(what, self._logger.warning)
        self._client.progress.enter("waiting")
        await asyncio.sleep(delay)
        return self._changes.take()

    async def _next_changes(self) -> Scope:
        """Give what has changed, after a while if the device changes all the time."""
        self._client.progress.enter("waiting")
        await asyncio.sleep(self._pace.pause(self._loop().time()))
        return self._changes.take()

    def _complain_of_changes(self, times: int) -> None:
        self._client.progress.failed(
            f"{self._client.bind_address_string}: changes while it is being read, "
            f"{times} times in a row; not synced",
            self._logger.warning,
        )

    def _enter(self, state: InspectingClientStateType, changes: AttrDict | None = None) -> None:
        self.state.set(state)
        if self.callback is None:
            return
        try:
            answer = self.callback(state, changes)
        except RAISED as exc:
            answer = self._loop().create_future()
            answer.set_exception(exc)
        if inspect.isawaitable(answer):
            if state == DISCONNECTED:  # nothing is left to be tried again
                answer = self._logged(answer)
            self._told = asyncio.ensure_future(answer, loop=self._loop())

    async def _callback_done(self) -> None:
        told, self._told = self._told, None
        if told is None:
            return
        try:
            await told
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("the state callback was cancelled") from None

    async def _logged(self, answer: Awaitable[Any]) -> None:
        try:
            await answer
        except Exception:
            self._logger.exception("The state callback raised an exception")
