"""How the simulated antenna moves: axes with limits, and a mount of two. Pure; no clock."""

import math
from dataclasses import dataclass, field

__all__ = ["Axis", "Mount"]

SIDEREAL = 360.0 / 86164.0905  # degrees per second


@dataclass(slots=True)
class Axis:
    """One axis of a mount. Angles in degrees, rates in degrees a second.

    Attributes
    ----------
    position, rate
        Where it is and how fast it moves.
    requested
        Where it shall go.
    """

    low: float
    high: float
    max_rate: float
    acceleration: float
    position: float
    requested: float = field(init=False)
    rate: float = 0.0

    def __post_init__(self) -> None:
        self.requested = self.position

    def step(self, dt: float, *, braked: bool = False) -> None:
        """Move for `dt` seconds towards what is requested, within rate and acceleration."""
        target = min(max(self.requested, self.low), self.high)
        left = target - self.position
        # Never faster than what can still be braked, step by step, over the way that is left.
        half = self.acceleration * dt / 2.0
        braking = math.sqrt(half * half + 2.0 * self.acceleration * abs(left)) - half
        wanted = math.copysign(min(self.max_rate, braking, abs(left) / dt), left)
        change = self.acceleration * dt
        self.rate += min(max((0.0 if braked else wanted) - self.rate, -change), change)
        self.position = min(max(self.position + self.rate * dt, self.low), self.high)

    @property
    def error(self) -> float:
        """How far it is from what is requested."""
        return self.requested - self.position


@dataclass(slots=True)
class Mount:
    """Azimuth and elevation, a mode, and a target that moves over the sky."""

    azim: Axis = field(default_factory=lambda: Axis(-185.0, 275.0, 2.0, 1.0, -45.0))
    elev: Axis = field(default_factory=lambda: Axis(15.0, 92.0, 1.0, 0.5, 90.0))
    mode: str = "STOP"
    offset_azim: float = 0.0
    offset_elev: float = 0.0
    target: tuple[float, float] = (-45.0, 90.0)

    LOCK_ERROR = 0.01
    STOW_ELEVATION = 90.0

    def aim(self, azim: float, elev: float) -> None:
        """Take a target; ValueError if it is beyond a limit."""
        for name, axis, angle in (("azimuth", self.azim, azim), ("elevation", self.elev, elev)):
            if not axis.low <= angle <= axis.high:
                raise ValueError(
                    f"{name} {angle:g} deg is beyond the limits {axis.low:g} to {axis.high:g} deg"
                )
        self.target = (azim, elev)

    def step(self, dt: float) -> None:
        """Move for `dt` seconds."""
        if self.mode == "POINT":
            azim, elev = self.target
            # The sky turns: a tracked target drifts, and stops at the limits.
            azim = min(azim + SIDEREAL * dt, self.azim.high)
            self.target = (azim, elev)
            self.azim.requested = azim + self.offset_azim
            self.elev.requested = elev + self.offset_elev
        elif self.mode == "STOW":
            self.elev.requested = self.STOW_ELEVATION
        braked = self.mode in ("STOP", "MAINTENANCE")
        self.azim.step(dt, braked=braked)
        self.elev.step(dt, braked=braked)

    @property
    def lock(self) -> bool:
        """Whether it is on a target."""
        error = math.hypot(self.azim.error, self.elev.error)
        return self.mode == "POINT" and error < self.LOCK_ERROR
