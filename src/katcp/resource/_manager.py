"""`KATCPSensorsManager`: what sensors need of the client that they belong to."""

import abc
import asyncio
from typing import Any

__all__ = ["KATCPSensorsManager"]


class KATCPSensorsManager(abc.ABC):
    """Samples and polls the sensors of one resource."""

    #: Name of the resource.
    resource_name: str = ""
    #: Changes whenever the connection to the device comes or goes; what was read under another
    #: number is stale.
    connection_number: int = 0

    @abc.abstractmethod
    def time(self) -> float:
        """Give the time, in seconds since the Unix epoch."""

    @abc.abstractmethod
    def get_sampling_strategy(self, sensor_name: str) -> tuple[str, ...]:
        """Give the normalised sampling strategy of a sensor, ``('none',)`` if it has none."""

    def get_reported_strategy(self, sensor_name: str) -> tuple[str, ...] | None:
        """Give the strategy of a sensor as the device last echoed it; None if it never did."""
        return None

    def sensor_of(self, sensor_name: str) -> Any:
        """Give the object that a sensor has now; None if that is not known."""
        return None

    @abc.abstractmethod
    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[tuple[bool, Any]]":
        """Set the sampling strategy of a sensor; future of ``(success, info)``."""

    @abc.abstractmethod
    def drop_sampling_strategy(self, sensor_name: str) -> None:
        """Forget the sampling strategy of a sensor; nothing is sent to the device."""

    @abc.abstractmethod
    def poll_sensor(self, sensor_name: str) -> "asyncio.Future[None]":
        """Ask the device for a reading, and give it to the sensor object."""

    @abc.abstractmethod
    def reapply_sampling_strategies(self) -> "asyncio.Future[None]":
        """Send every remembered strategy to the device again."""
