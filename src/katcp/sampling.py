"""Names and numbers of the sampling strategies (section 7.1)."""

__all__ = ["SampleStrategy"]


class SampleStrategy:
    """The sampling strategies by number, as old programs know them."""

    NONE, AUTO, PERIOD, EVENT, DIFFERENTIAL, EVENT_RATE, DIFFERENTIAL_RATE = range(7)

    #: Number -> name on the wire.
    SAMPLING_LOOKUP = {  # noqa: RUF012
        NONE: b"none",
        AUTO: b"auto",
        PERIOD: b"period",
        EVENT: b"event",
        DIFFERENTIAL: b"differential",
        EVENT_RATE: b"event-rate",
        DIFFERENTIAL_RATE: b"differential-rate",
    }
    #: Name on the wire -> number.
    SAMPLING_LOOKUP_REV = {name: number for number, name in SAMPLING_LOOKUP.items()}  # noqa: RUF012
