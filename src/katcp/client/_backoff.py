"""How long to wait before trying again."""

import random

__all__ = ["ExponentialRandomBackoff"]


class ExponentialRandomBackoff:
    """Delays that grow with every failure, with a random part so that many do not act as one.

    Parameters
    ----------
    delay_initial, delay_max
        First and largest base delay, in seconds.
    exp_fac
        What each failure multiplies the base delay by; more than 1.
    randomicity
        Part of the delay that is random: 0 none, 1 all of it.
    """

    def __init__(
        self,
        delay_initial: float = 1.0,
        delay_max: float = 90.0,
        exp_fac: float = 3.0,
        randomicity: float = 0.95,
    ) -> None:
        assert 0 <= delay_initial <= delay_max, "need 0 <= delay_initial <= delay_max"
        assert exp_fac > 1, "exp_fac must be more than 1"
        assert 0 <= randomicity <= 1, "randomicity must be from 0 to 1"
        self.delay_initial = delay_initial
        self.delay_max = delay_max
        self.exp_fac = exp_fac
        self.randomicity = randomicity
        self._set_base(delay_initial)

    @property
    def delay(self) -> float:
        """Seconds to wait before the next try."""
        return self._delay

    def failed(self) -> None:
        """Note a failure: the next delay is longer."""
        self._set_base(min(self._base * self.exp_fac, self.delay_max))

    def success(self) -> None:
        """Note a success: the next delay is the first one again."""
        self._set_base(self.delay_initial)

    def _set_base(self, base: float) -> None:
        self._base = base
        share = (1 - self.randomicity) + self.randomicity * random.random()
        self._delay = min(share * base, self.delay_max)
