"""Which requests a resource exposes, and those that it makes up."""
import tornado.gen
from katcp.resource_client import KATCPClientResource


@tornado.gen.coroutine
def scenario(env):
    out = env.out
    for key, options in [
        ("default", {}),
        ("controlled", dict(controlled=True)),
        ("not controlled", dict(controlled=False)),
        ("allowed", dict(always_allowed_requests=("add", "echo"))),
        ("excluded", dict(controlled=True, always_excluded_requests=("halt", "add", "sensor-list"))),
        ("both", dict(always_allowed_requests=("add", "echo"), always_excluded_requests=("add",))),
    ]:
        rc = KATCPClientResource(dict(name="dev", address=env.address, **options))
        rc.start()
        yield rc.until_synced(timeout=5)
        out(key, [rc.controlled, sorted(rc.req.keys())])
        out(key + " sensors", sorted(rc.sensor.keys()))
        out(key + " poll", (yield rc.sensor.an_int.get_value()))
        rc.stop()

    rc = KATCPClientResource(dict(name="dev", address=env.address, controlled=True,
                                  dummy_unknown_requests=True))
    rc.start()
    yield rc.until_synced(timeout=5)
    out("dummy", rc.dummy_unknown_requests)
    reply = yield rc.req.never_heard_of("x")
    out("dummy reply", [reply.succeeded, reply.reply.arguments[0]])
    out("real reply", (yield rc.req.add(1, 1)).reply.arguments)
    rc.set_active(False)
    out("inactive", rc.is_active())
    try:
        yield rc.req.add(1, 1)
        out("inactive request", "no error")
    except Exception as exc:
        out("inactive request", env.raised(exc))
    rc.set_active(True)
    out("active reply", (yield rc.req.add(1, 1)).reply.arguments)
    rc.stop()
