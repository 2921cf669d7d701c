"""What a group gives: `TestableDict` of a wait, `GroupResults` of a request."""

from typing import Any, Self

from ..errors import KATCPResourceError
from ..resource import KATCPReply
from ..wire import decode_text, printable

__all__ = ["GroupResults", "TestableDict"]


class TestableDict(dict[str, bool]):
    """What each client of a group gave, by its name; true if enough of them are.

    Attributes
    ----------
    required : int
        How many are enough.
    """

    __test__ = False  # no class of tests, whatever its name says

    def __init__(self, values: Any = (), required: int | None = None) -> None:
        super().__init__(values)
        self.required = len(self) if required is None else required

    def __bool__(self) -> bool:
        return sum(map(bool, self.values())) >= self.required


class GroupResults(dict[str, "KATCPReply | None"]):
    """Replies to a group request by name of client; None where a client lacks the request.

    True if every client has the request and succeeded. Printed it is a table.

    Parameters
    ----------
    why_absent
        Name of client -> why there is no reply, for what is printed.
    """

    def __init__(
        self, values: Any = (), why_absent: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(values, **more)
        self._why_absent = why_absent or {}

    def __bool__(self) -> bool:
        return all(self.values())

    @property
    def succeeded(self) -> bool:
        """Whether the request succeeded on all clients."""
        return bool(self)

    def raise_on_failure(self) -> Self:
        """Give the results if all succeeded.

        Raises
        ------
        KATCPResourceError
            Else; names the clients that failed, and why each did.
        """
        failed = [(name, self.outcome(name)[1]) for name, reply in self.items() if not reply]
        if failed:
            raise KATCPResourceError(
                f"the group request failed on {len(failed)} of {len(self)}: "
                + "; ".join(f"{name}: {why}" for name, why in failed)
            )
        return self

    def __repr__(self) -> str:
        rows = [(name, *self.outcome(name)) for name in self]
        wide = max([len(name) for name, _, _ in rows], default=0)
        lines = [f"{name:<{wide}}  {how:<7}  {words}".rstrip() for name, how, words in rows]
        good = sum(map(bool, self.values()))
        return "\n".join([f"{good} of {len(rows)} succeeded", *lines])

    def outcome(self, name: str) -> tuple[str, str]:
        """Give how a client replied (``ok``, ``fail``, ``absent``, ...) and what it said, or why not."""
        reply = self[name]
        if reply is None:
            return "absent", self._why_absent.get(name, "has no such request")
        words = [decode_text(a) for a in reply.reply.arguments]
        rest = printable(" ".join(words[1:]))
        return (
            printable(words[0]) if words else "nothing"
        ), rest if rest or reply else "(no reason given)"
