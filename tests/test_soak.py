"""A long run in short, of few devices: `scripts/soak` works, and finds nothing wrong."""

from soak.run import Plan, Soak


async def test_storms_and_calms() -> None:
    soak = Soak(Plan(minutes=0.15, seed=3, devices=6, storm=4.0, every=2.0, users=8))
    figures = await soak.run()
    assert figures["checks failed"] == []
    assert figures["faults"] > 0
    assert figures["syncs"] >= 6
    assert figures["requests ok"] > 0
    assert figures["updates"] > 0
