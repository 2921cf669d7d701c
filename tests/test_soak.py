"""A long run in short, of few devices: `scripts/soak` works, and finds nothing wrong."""

from soak.run import Plan, Soak


async def test_storms_and_calms() -> None:
    soak = Soak(Plan(minutes=0.2, seed=3, devices=6, storm=4.0, every=3.0, users=8))
    figures = await soak.run()
    assert figures["checks failed"] == []
    assert figures["calms"] >= 2
    assert figures["syncs"] >= 6
    assert min(figures[what] for what in ("faults", "requests", "updates")) > 0
