"""A device made from what was seen of a real one: learnt, written down, served."""

from .._public import publish
from ._device import MimicDevice
from ._file import read_likeness, text_of
from ._learner import Learner
from ._likeness import Answer, Likeness
from ._recorded import learn_recorded

__all__ = [
    "Answer",
    "Learner",
    "Likeness",
    "MimicDevice",
    "learn_recorded",
    "read_likeness",
    "text_of",
]

publish(globals())
