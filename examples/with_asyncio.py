"""One antenna with asyncio. Before: katcp sim --antennas 8 --port 17100."""

import asyncio

import katcp


async def main() -> None:
    async with katcp.connect("127.0.0.1:17100", name="m000") as antenna:
        await antenna.sensor.pos_actual_azim.set_strategy("event-rate 0.1 1")
        (await antenna.req.target_azel(-20, 60)).raise_on_failure()
        seen = 0
        async for reading in antenna.sensor.pos_actual_azim.readings():
            print(f"azimuth {reading.value:.2f} deg, {reading.status}")
            seen += 1
            if seen == 3:
                break


asyncio.run(main())
