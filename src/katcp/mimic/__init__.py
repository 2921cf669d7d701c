"""A device made from what was seen of a real one: learnt, written down, served."""

from .._public import publish
from ._device import MimicDevice
from ._file import read_likeness, text_of
from ._learner import Learner
from ._likeness import Answer, Likeness

__all__ = ["Answer", "Learner", "Likeness", "MimicDevice", "read_likeness", "text_of"]

publish(globals())
