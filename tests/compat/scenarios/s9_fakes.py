"""The tests of an observatory: a resource and a container with fakes for devices."""
import tornado.gen
from katcp import Message
from katcp.fake_clients import (fake_KATCP_client_resource_container_factory,
                                fake_KATCP_client_resource_factory)
from katcp.resource_client import KATCPClientResource, KATCPClientResourceContainer


class Handlers(object):
    def request_move_to(self, req, msg):
        """Move to a place."""
        req.inform("going")
        return Message.reply_to_request(msg, "ok", *msg.arguments)

    @tornado.gen.coroutine
    def request_slowly(self, req, msg):
        """Take a turn of the loop."""
        yield tornado.gen.moment
        raise tornado.gen.Return(Message.reply_to_request(msg, "fail", "too slow"))


@tornado.gen.coroutine
def scenario(env):
    out = env.out
    rc, manager = fake_KATCP_client_resource_factory(
        KATCPClientResource, {}, dict(name="fake", address=("nowhere", 1), controlled=True))
    rc.start()
    yield rc.until_synced(timeout=5)
    out("first", [rc.state, sorted(rc.sensor.keys()), "help" in rc.req])
    manager.add_sensors({"a.temp": ("The temperature", "K", "float", 0.0, 400.0),
                         "a-mode": ("The mode", "", "discrete", b"stop", b"go")})
    yield rc.until_state("syncing", timeout=5)
    yield rc.until_synced(timeout=5)
    out("sensors", [[s.name, s.description, s.units, s.type]
                    for _, s in sorted(rc.sensor.items())])
    out("parsed", rc.sensor.a_mode.parse_value(b"go"))
    manager.add_request_handlers_object(Handlers())
    yield rc.until_state("syncing", timeout=5)
    yield rc.until_synced(timeout=5)
    out("requests", ["move_to" in rc.req, "slowly" in rc.req])
    out("help", "Move to a place." in rc.req.move_to.description)
    reply = yield rc.req.move_to(1, "there")
    out("reply", [reply.succeeded, reply.reply.arguments, [i.arguments for i in reply.informs]])
    reply = yield rc.req.slowly()
    out("failed", [reply.succeeded, reply.reply.arguments])

    def dictionary(req, msg):
        """From a dictionary."""
        return Message.reply_to_request(msg, "ok", "dictionary")

    manager.add_request_handlers_dict({"of-dict": dictionary})
    yield rc.until_state("syncing", timeout=5)
    yield rc.until_synced(timeout=5)
    out("of a dict", (yield rc.req.of_dict()).reply.arguments)
    try:
        manager.add_request_handlers_dict({"no-doc": lambda req, msg: None})
        out("no docstring", "no error")
    except AssertionError:
        out("no docstring", "AssertionError")

    readings = []
    rc.sensor.a_temp.register_listener(lambda *r: readings.append([r[2], r[3]]))
    rc.sensor.a_temp.set_value(12.5)
    out("set by hand", [rc.sensor.a_temp.value, rc.sensor.a_temp.status, readings])
    rc.stop()

    kc, managers = fake_KATCP_client_resource_container_factory(
        KATCPClientResourceContainer, {},
        dict(name="fakes", clients={"r1": dict(address=("no", 1), controlled=True),
                                    "r2": dict(address=("no", 2), controlled=True)},
             groups={"both": ["r1", "r2"]}))
    kc.start()
    yield kc.until_synced(timeout=5)
    out("container", [sorted(kc.children.keys()), sorted(managers.child_managers.keys())])
    managers.add_sensors("r1", {"x": ("An x", "", "integer")})
    yield kc.until_not_synced(timeout=5)
    yield kc.until_synced(timeout=5)
    out("container sensors", sorted(kc.sensor.keys()))
    for child in ("r1", "r2"):
        managers.add_request_handlers_object(child, Handlers())
        yield kc.children[child].until_state("syncing", timeout=5)
        yield kc.children[child].until_synced(timeout=5)
    results = yield kc.groups.both.req.move_to("up")
    out("group", [bool(results), [[k, r.reply.arguments] for k, r in sorted(results.items())]])
    kc.stop()
