"""What is around the drives: weather and temperatures. Pure; dice are given."""

import math
import random
from dataclasses import dataclass

__all__ = ["Warmth", "Weather"]


@dataclass(slots=True)
class Weather:
    """Weather that wanders slowly about its mean, gusts and all."""

    dice: random.Random
    wind: float = 4.0  # m/s, about which the speed wanders
    wind_speed: float = 4.0  # m/s
    wind_direction: float = 210.0  # degrees
    temperature: float = 18.0  # Celsius
    humidity: float = 35.0  # per cent
    pressure: float = 902.0  # hPa

    def step(self, dt: float) -> None:
        """Let `dt` seconds go by."""
        self.wind_speed = max(0.0, self._wander(self.wind_speed, self.wind, 30.0, 0.4, dt))
        self.wind_direction = self._wander(self.wind_direction, 210.0, 300.0, 2.0, dt) % 360.0
        self.temperature = self._wander(self.temperature, 18.0, 3600.0, 0.02, dt)
        self.humidity = min(100.0, max(0.0, self._wander(self.humidity, 35.0, 3600.0, 0.05, dt)))
        self.pressure = self._wander(self.pressure, 902.0, 7200.0, 0.01, dt)

    def _wander(self, value: float, mean: float, time: float, noise: float, dt: float) -> float:
        pull = (mean - value) * min(1.0, dt / time)
        return value + pull + self.dice.gauss(0.0, noise) * math.sqrt(dt)


@dataclass(slots=True)
class Warmth:
    """Something that warms with its load and cools to its surroundings."""

    temperature: float
    gain: float = 12.0  # degrees above the surroundings at full load
    time: float = 60.0  # seconds

    def step(self, dt: float, surroundings: float, load: float) -> None:
        """Let `dt` seconds go by at `load`, 0 to 1."""
        aim = surroundings + self.gain * load
        self.temperature += (aim - self.temperature) * min(1.0, dt / self.time)
