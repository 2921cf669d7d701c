"""A tornado coroutine, as written for katcp-python. Before: katcp sim --antennas 8 --port 17100."""

import tornado.gen
import tornado.ioloop

from katcp import resource_client


@tornado.gen.coroutine
def main():
    client = resource_client.KATCPClientResource(
        {"name": "m000", "address": ("127.0.0.1", 17100), "controlled": True}
    )
    client.start()
    yield client.until_synced()
    reply, informs = yield client.req.help("mode")
    print(reply.reply_ok(), informs[0].arguments[0])
    value = yield client.sensor.mode.get_value()
    print("mode", value)
    yield client.stop()


tornado.ioloop.IOLoop.current().run_sync(main)
