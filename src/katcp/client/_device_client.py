"""`DeviceClient`: connects, serves, backs off, connects again; hands on what the device says."""

import asyncio
import functools
import logging
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.ioloop import IOLoop

from .._helpers import RAISED
from .._observe import Observed
from ..errors import KatcpClientDisconnected
from ..wire import (
    AnnouncementRejected,
    Event,
    InformReceived,
    LineRejected,
    Message,
    ProtocolDetected,
    ProtocolFlags,
    Readings,
    ReplyReceived,
    RequestReceived,
    Session,
    brief,
    mids,
)
from ._backoff import ExponentialRandomBackoff
from ._complaints import Complaints
from ._connecting import ConnectFailed, open_connection
from ._connection import Connection
from ._keepalive import KeepAlive
from ._own_loop import OwnLoop
from ._progress import Progress
from ._requests import Requests

__all__ = ["DeviceClient"]

log = logging.getLogger("katcp.client")


class DeviceClient:
    """Keeps one connection to a KATCP device, and calls a method for each message from it.

    A subclass handles ``#foo-bar`` in a method ``inform_foo_bar(msg)``, likewise ``reply_foo_bar``
    and ``request_foo_bar``. What answers a request that somebody waits for goes there alone.

    Parameters
    ----------
    host, port
        Where the device listens; `port` may be a decimal string.
    tb_limit
        Kept for programs that give it; tracebacks are logged whole.
    logger
        Where problems are logged.
    auto_reconnect
        Whether to try again after a failed or lost connection; if not, the client stops itself.
    """

    #: Longest line in bytes that is taken from the device; a longer one is dropped and logged.
    MAX_MSG_SIZE = 64 * 1024 * 1024
    #: Most bytes that may wait to be sent; a request over it fails at once.
    MAX_WRITE_BUFFER_SIZE = 64 * 1024 * 1024
    #: Most informs that a reply may have; with more its request ends in a failed reply.
    max_informs = 2_000_000
    #: Most requests that may wait for their replies; one more fails at once.
    max_pending_requests = 200_000
    #: For programs that look at it; long work lets others have the loop more often, whatever this is.
    MAX_LOOP_LATENCY = 0.03

    #: How to encrypt the link and whom to trust; None is not to encrypt. Set before `start`.
    tls: ssl.SSLContext | None = None
    #: How to connect; tests may put another in its place.
    open_connection: Callable[..., Awaitable[Connection]] = staticmethod(open_connection)
    #: Seconds before the first try after a lost connection; later ones grow from it, with jitter.
    auto_reconnect_delay = 0.5
    #: Seconds between tries at most.
    auto_reconnect_max_delay = 5.0
    #: Seconds that resolving the name and connecting may take.
    connect_timeout = 10.0
    #: Seconds from the connection until the device must have said which protocol it speaks.
    protocol_timeout = 20.0
    #: Seconds without an answer to anything after which ``?watchdog`` is sent; 0 never sends it.
    keepalive_interval = 10.0
    #: Seconds that the device has to answer it.
    keepalive_timeout = 10.0
    #: Whether its methods may be called from any thread.
    threadsafe = False

    def __init__(
        self,
        host: str,
        port: int | str,
        tb_limit: int = 20,
        logger: logging.Logger = log,
        auto_reconnect: bool = True,
    ) -> None:
        self._host, self._port = host or "0.0.0.0", port  # noqa: S104 as old programs expect
        self._logger = logger
        self._auto_reconnect = auto_reconnect
        self._own_loop = OwnLoop(self.bind_address_string)
        self._loop = self._own_loop.loop
        self.last_connect_time: float | None = None
        self.ioloop_thread_id: int | None = None
        self.progress = Progress()
        self._preset: ProtocolFlags | None = None
        self._announces = False  # the device has announced its protocol on some connection
        self._mids = mids()
        self._versions: dict[str, tuple[str, ...]] = {}
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._backoff = ExponentialRandomBackoff()
        self._connected = Observed(False, self._loop)
        self._running = Observed(False, self._loop)
        self._protocol: Observed[ProtocolFlags | None] = Observed(None, self._loop)
        self._last_failure = ""
        self._healthy = False
        self._stopping = False
        self._complaints = Complaints(logger, self.bind_address_string)

    # -- what is known

    @property
    def ioloop(self) -> IOLoop | None:
        """The loop that it runs on; None until that is known."""
        return self._own_loop.ioloop

    @ioloop.setter
    def ioloop(self, ioloop: IOLoop | None) -> None:
        self._own_loop.ioloop = ioloop

    @property
    def bind_address(self) -> tuple[str, int | str]:
        """``(host, port)`` of the device as given."""
        return (self._host, self._port)

    @property
    def bind_address_string(self) -> str:
        """``"host:port"`` of the device."""
        return f"{self._host}:{self._port}"

    @property
    def sockname(self) -> tuple[str, int]:
        """Our end of the connection; ``(host, -1)`` when there is none."""
        name = self._connection.address("sockname") if self._connection is not None else None
        return name or (self._host, -1)

    @property
    def sockname_string(self) -> str:
        """Our end of the connection as ``"host:port"``."""
        host, port = self.sockname
        return f"{host}:{port}"

    @property
    def protocol_flags(self) -> ProtocolFlags | None:
        """Protocol of the device as preset, else as last detected, else None."""
        return self._protocol.value

    @property
    def versions(self) -> dict[str, tuple[str, ...]]:
        """What ``#version-connect`` said: component -> (version, build state or serial number)."""
        return self._connection.session.versions if self._connection else self._versions

    def is_connected(self) -> bool:
        """Whether a TCP connection stands."""
        return self._connected.value

    def running(self) -> bool:
        """Whether the client was started and not stopped."""
        return self._running.value and not self._stopping

    # -- life

    def set_ioloop(self, ioloop: Any = None) -> None:
        """Run on this loop (an ``IOLoop`` or an asyncio loop; None: the current one).

        To be called before `start`, once; a client that was never given a loop runs its own in a
        thread.

        Raises
        ------
        RuntimeError
            If it has a loop already.
        """
        if self.ioloop is not None:
            raise RuntimeError(f"{self.bind_address_string}: the client has its ioloop already")
        self._own_loop.choose(ioloop)

    def preset_protocol_flags(self, protocol_flags: ProtocolFlags) -> None:
        """Fix the protocol now and for good; what the device says of it is only logged."""
        self._preset = protocol_flags
        connection, known = self._connection, self._protocol.value is not None
        if connection is not None:
            connection.session.preset(protocol_flags)
            connection.flush()  # what was held back until it is known
        if connection is not None and not known:
            self._identified(protocol_flags)
        else:
            self._protocol.set(protocol_flags)

    def start(self, timeout: float | None = None) -> None:
        """Start; the first try to connect is immediate.

        Raises
        ------
        RuntimeError
            If it is running already, or was stopped and its thread not joined.
        """
        if self.running():
            raise RuntimeError(f"{self.bind_address_string}: the client is running already")
        self._own_loop.start(timeout)
        self._running.value = True  # from now on; waiters hear of it on the loop
        self._stopping = False
        self._own_loop.call(self._begin)

    def stop(self, timeout: float | None = None) -> None:
        """Stop: pending requests fail, the connection is closed. No-op if it is not running."""
        if self.ioloop is None:
            return
        self._stopping = True
        self._own_loop.call(self._end)
        self._own_loop.stop(timeout)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the loop thread that the client ran, if it did; it can then be started again."""
        self._own_loop.join(timeout)

    def disconnect(self, reason: str = "disconnected at this end") -> None:
        """Drop the connection; it is made again if `auto_reconnect` is set."""
        if self._connection is not None:
            self._connection.close(reason)

    def healthy(self) -> None:
        """Note that the link has proved good: the next reconnection is quick again."""
        self._healthy = True

    # -- waits

    def until_running(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the client runs. `TimeoutError` after `timeout` seconds."""
        return self._running.until(bool, timeout)

    def until_stopped(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the client has stopped. `TimeoutError` after `timeout` seconds."""
        return self._running.until(
            lambda running: not running, timeout, waiting_for=lambda _: f"{self} still runs"
        )

    def until_connected(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once TCP is connected. `TimeoutError` after `timeout` seconds."""
        return self._connected.until(bool, timeout, waiting_for=self._why_not)

    def until_protocol(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the protocol is known. `TimeoutError` after `timeout` seconds."""
        return self._protocol.until(
            lambda flags: flags is not None, timeout, waiting_for=self._why_not
        )

    # -- waits from other threads

    def wait_running(self, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until the client runs; False if it does not."""
        return self._own_loop.block(self.until_running, timeout)

    def wait_connected(self, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until TCP is connected; False if it is not."""
        return self._own_loop.block(self.until_connected, timeout)

    def wait_disconnected(self, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until TCP is lost; False if it is not."""
        return self._own_loop.block(
            lambda limit: self._connected.until(lambda on: not on, limit), timeout
        )

    def wait_protocol(self, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until the protocol is known; False if not."""
        return self._own_loop.block(self.until_protocol, timeout)

    # -- what users override

    def notify_connected(self, connected: bool) -> None:
        """Called right after TCP connects (True), before anything is read, and after its loss."""

    def notify_protocol(self, flags: ProtocolFlags) -> None:
        """Called when the protocol of the connected device is known, and if it changes."""
        self.healthy()

    def unhandled_inform(self, msg: Message) -> None:
        """Called with an inform of no request for which there is no ``inform_...`` method."""

    def unhandled_reply(self, msg: Message) -> None:
        """Called with a reply that nothing waits for and that has no ``reply_...`` method."""
        self.complain("reply that nothing waits for", str(msg))

    def unhandled_request(self, msg: Message) -> None:
        """Called with a request of the device for which there is no ``request_...`` method."""

    def inform_version_connect(self, msg: Message) -> None:
        """Called with what a device says of itself; see `versions` and `protocol_flags`."""

    def inform_version(self, msg: Message) -> None:
        """Called with what a device of KATCP 4 says of its interface."""

    def inform_build_state(self, msg: Message) -> None:
        """Called with what a device of KATCP 4 says of its software."""

    def inform_disconnect(self, msg: Message) -> None:
        """The device is about to close: some say so and stay, so the closing is ours to do."""
        words = " ".join(a.decode("utf-8", "backslashreplace") for a in msg.arguments)
        reason = f"the device said goodbye: {brief(words)}"
        self._loop().call_soon(self.disconnect, reason)  # after what it still has to say

    def complain(self, kind: str, detail: str) -> None:
        """Log what the device did wrong, and note it as the last error.

        Of many alike only the first are, then their number is logged.
        """
        detail = brief(detail)
        if self._complaints.add(kind, detail):
            self.progress.failed(f"{self.bind_address_string}: {kind}: {detail}")

    # -- messages

    def send_message(self, msg: Message) -> None:
        """Send any message.

        Raises
        ------
        KatcpClientDisconnected
            If there is no connection.
        """
        if self._connection is None:
            raise KatcpClientDisconnected(self._not_connected())
        self._connection.session.send(msg)
        self._connection.flush()

    def send_request(self, msg: Message) -> None:
        """Send a request whose reply goes to ``reply_...``; errors as `send_message`."""
        assert msg.mtype == Message.REQUEST, "send_request is for requests"
        self.send_message(msg)

    def request(self, msg: Message, use_mid: bool | None = None) -> bytes | None:
        """Send a request whose reply goes to ``reply_...``; gives the mid it went out with.

        `use_mid` None: use a mid if the device supports them. Errors as `send_message`.
        """
        flags = self.protocol_flags
        if msg.mid is None and (use_mid or (use_mid is None and flags and flags.message_ids)):
            msg = Message(msg.mtype, msg.name, msg.arguments, next(self._mids))
        self.send_request(msg)
        return msg.mid

    def convert_seconds(self, time_seconds: float) -> float:
        """Give a time in seconds in the unit of the device: seconds, before version 5 ms."""
        major = self.protocol_flags.major if self.protocol_flags else 5
        if major >= 5:
            return time_seconds
        milliseconds = 1000.0 * time_seconds
        return milliseconds if major == 4 else int(milliseconds)

    # -- inside

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.bind_address_string}>"

    def _why_not(self, _: object) -> str:
        error = self.progress.last_error
        what = f"; last error: {error}" if error else ""
        return f"{self.bind_address_string} is in phase {self.progress.phase!r}{what}"

    def _not_connected(self) -> str:
        return f"Not connected to device {self.bind_address_string}"

    def _begin(self) -> None:
        self.ioloop_thread_id = threading.get_ident()
        first = float(self.auto_reconnect_delay)
        largest = max(first, float(self.auto_reconnect_max_delay))
        self._backoff = ExponentialRandomBackoff(first, largest, exp_fac=2.0, randomicity=0.5)
        self._versions = {}
        self._protocol.set(self._preset)
        if self._task is not None:  # it was stopped just now
            self._running.set(False)
        self._running.set(True)
        self._stopping = False
        self._task = self._loop().create_task(
            self._supervise(self._task), name=f"katcp client of {self.bind_address_string}"
        )
        # Not a `finally` in it: a task that is cancelled before its first step runs none.
        self._task.add_done_callback(self._ended)

    def _end(self) -> None:
        if self._task is None:
            return
        self._stopping = True
        self._task.cancel()
        self.disconnect("stopped")

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task is self._task:  # it was not started again meanwhile
            self._task = None
            self.progress.enter("idle")
            self._running.set(False)
        if not task.cancelled() and task.exception() is not None:
            self._logger.error("%s ended by an error", self, exc_info=task.exception())

    async def _supervise(self, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        tries = 0  # since the link last proved good
        while True:
            self._healthy = False
            connection = await self._connect()
            if connection is not None:
                await connection.lost
            if not self._auto_reconnect:
                return
            if self._healthy:
                tries = 0
                self._backoff.success()
            # The first new try comes exactly when promised, the later ones with jitter.
            delay = self._backoff.delay if tries else float(self.auto_reconnect_delay)
            tries += 1
            self._backoff.failed()
            self.progress.enter("waiting")
            await asyncio.sleep(delay)

    async def _connect(self) -> Connection | None:
        """Try once; None if it failed, which is then noted and logged."""
        try:
            return await self.open_connection(
                self._loop(),
                self._host,
                self._port,
                self._new_connection,
                self.connect_timeout,
                self.progress,
                self.tls,
            )
        except ConnectFailed as exc:
            self._note_failure(str(exc))
            return None

    def _note_failure(self, what: str) -> None:
        # The same failure over and over is one line in the log, not one for every try.
        self.progress.failed(what, self._logger.debug if what == self._last_failure else None)
        if what != self._last_failure:
            self._logger.warning("%s", what)
        self._last_failure = what

    def _new_connection(self) -> Connection:
        session = Session(
            self._mids,
            preset=self._preset,
            announces=self._announces,
            max_message_size=int(self.MAX_MSG_SIZE),
            readings=self._readings,
            overheard=self._is_overheard,
        )
        return Connection(
            session,
            loop=self._loop(),
            on_made=self._on_made,
            on_event=self._on_event,
            on_lost=self._on_lost,
            on_slow=lambda seconds: self.complain(
                "what was received took long to handle",
                f"{seconds:.1f} s; does a listener or hook of this program block, or is the machine overloaded?",
            ),
        )

    def _on_made(self, connection: Connection) -> None:
        loop = self._loop()
        self._connection = connection
        self._complaints = Complaints(self._logger, self.bind_address_string)
        self._requests = Requests(loop, connection, self.max_informs, self.keepalive_timeout)
        self._keepalive = KeepAlive(
            loop,
            connection,
            self._requests,
            self.keepalive_interval,
            self.keepalive_timeout,
            connection.close,
        )
        self._protocol_timer = loop.call_later(self.protocol_timeout, self._no_protocol)
        self.last_connect_time = time.time()
        self.progress.enter("protocol")
        self._protocol.set(self._preset)
        self._connected.set(True)
        try:
            self.notify_connected(True)
            if self._preset is not None:
                self._identified(self._preset)
        except RAISED:
            self._logger.exception("notify_connected(True) raised an exception")
            connection.close("notify_connected(True) raised an exception")

    def _on_lost(self, connection: Connection, reason: str) -> None:
        self._connection = None
        self._versions = connection.session.versions
        self._keepalive.stop()
        self._protocol_timer.cancel()
        self._complaints.close()
        if not self._stopping:
            what = f"lost the connection to {self.bind_address_string}: {reason}"
            self._note_failure(what)
        self._connected.set(False)
        try:
            self.notify_connected(False)
        except RAISED:
            self._logger.exception("notify_connected(False) raised an exception")
        end = "Client stopped" if self._stopping else "Connection closed"
        self._requests.fail_all(f"{end} before reply was received")

    def _no_protocol(self) -> None:
        self.disconnect(
            f"the device did not say which protocol it speaks within {self.protocol_timeout:g} s "
            "(neither #version-connect katcp-protocol nor #version); "
            "if it never does, set preset_protocol_flags"
        )

    def _identified(self, flags: ProtocolFlags) -> None:
        self._protocol_timer.cancel()
        self._keepalive.start()
        self._last_failure = ""
        self._protocol.set(flags)
        self.notify_protocol(flags)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, InformReceived):
            self._overhear(event.message)
            if event.exchange is not None:
                self._requests.take_inform(event.exchange, event.message)
            else:
                self._handle("inform", event.message)
        elif isinstance(event, ReplyReceived):
            self._requests.other_reply(event.exchange)
            if event.exchange is None:
                self._handle("reply", event.message)
        else:
            self._on_rare_event(event)

    def _on_rare_event(self, event: Event) -> None:
        match event:
            case RequestReceived(message):
                self._handle("request", message)
            case ProtocolDetected(flags):
                self._announces = True
                self._identified(flags)
            case AnnouncementRejected(version):
                self.complain("protocol version that is none", repr(version)[1:])
            case LineRejected(line):
                detail = f"{line.reason}: {repr(line.line)[1:]}"
                self.complain("line that cannot be used", detail)

    def _readings(self) -> Readings | None:
        return None

    def _is_overheard(self, inform_name: str) -> bool:
        """Whether `_overhear` does something with informs of that name."""
        return False

    def _overhear(self, inform: Message) -> None:
        """Called with every inform, before it goes to its request or its method."""

    def _handle(self, kind: str, message: Message) -> None:
        """Call the method for `message`; an exception of it is logged and costs nothing else."""
        name = _method(kind, message.name)
        handler = getattr(self, name, None) or getattr(self, f"unhandled_{kind}")
        try:
            handler(message)
        except RAISED:
            self._logger.exception("%s raised an exception for %s", name, brief(str(message)))


@functools.lru_cache(maxsize=1024)
def _method(kind: str, name: str) -> str:
    return f"{kind}_{name.replace('-', '_')}"
