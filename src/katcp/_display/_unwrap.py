"""What stands behind the faces for other threads."""

from typing import Any

from ..ioloop_manager import MappingProxy, ThreadSafeMethodAttrWrapper

__all__ = ["is_wrapped", "unwrapped"]


def is_wrapped(thing: Any) -> bool:
    """Whether it is the face of something for other threads (`isinstance` cannot tell)."""
    return issubclass(type(thing), ThreadSafeMethodAttrWrapper)


def unwrapped(thing: Any) -> Any:
    """Give what is behind a face; other things as they are."""
    if isinstance(thing, MappingProxy):
        return thing._mapping
    return thing.__subject__ if is_wrapped(thing) else thing
