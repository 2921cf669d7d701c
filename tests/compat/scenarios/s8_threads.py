"""A script without a loop of its own: the loop runs in a thread, every call blocks."""
import concurrent.futures
import time

from katcp.ioloop_manager import IOLoopManager, IOLoopThreadWrapper
from katcp.resource_client import (KATCPClientResource, KATCPClientResourceContainer,
                                   ThreadSafeKATCPClientResourceWrapper)

THREADED = True


def scenario(env):
    out = env.out
    manager = IOLoopManager()
    manager.setDaemon(True)
    loop = manager.get_ioloop()
    wrapper = IOLoopThreadWrapper(loop)
    wrapper.default_timeout = 10
    manager.start()

    rc = KATCPClientResource(dict(name="dev", address=env.address, controlled=True))
    rc.set_ioloop(loop)
    rct = ThreadSafeKATCPClientResourceWrapper(rc, wrapper)
    out("isinstance", [isinstance(rct, KATCPClientResource)])
    rct.start()
    rct.until_synced(timeout=10)
    out("state", [rct.name, rct.state, rct.synced, rct.is_connected(), rct.is_active()])
    out("names", ["an_int" in rct.sensor, sorted(rct.req) == sorted(rc.req.keys())])
    reply = rct.req.add(3, 4)
    out("request", [reply.succeeded, reply.reply.arguments])
    reply, informs = rct.req.count(2)
    out("unpacked", [reply.arguments, [i.arguments for i in informs]])
    out("strategy", rct.sensor.an_int.set_strategy("event"))
    out("sampled", rct.sensor.an_int.sampling_strategy)
    out("poll", [rct.sensor.an_int.get_value(), rct.sensor.a_string.get_value(),
                 rct.sensor.a_float.get_status()])
    reading = rct.sensor.an_int.get_reading()
    out("reading", [reading.value, reading.status])
    rct.req.set_sensor("an.int", 12, "nominal")
    out("wait", rct.wait("an_int", 12, timeout=5))
    if not env.reference:  # there the time-out of the wrapper may win
        out("wait fails", rct.wait("an_int", 13, timeout=0.2), correct=False)
    out("list", [r.name for r in rct.list_sensors("^a_")])
    out("strategies", rct.set_sampling_strategies("^a_b", "auto"),
        correct={"a_bool": [True, ["auto"]]})
    heard = []
    rct.set_sensor_listener("a_bool", lambda sensor, reading: heard.append(reading.value))
    rct.req.set_sensor("a.bool", 0, "nominal")
    for _ in range(100):
        if False in heard:
            break
        time.sleep(0.05)
    out("heard", False in heard)

    try:
        rct.until_not_synced(timeout=0.2)
        out("time-out", "no error")
    except concurrent.futures.TimeoutError:
        out("time-out", "TimeoutError")
    try:
        rct.req.bogus
        out("no such request", "no error")
    except AttributeError:
        out("no such request", "AttributeError")

    result = concurrent.futures.Future()

    def in_the_loop():
        try:
            result.set_result(rct.until_synced(timeout=1))
        except Exception as exc:
            result.set_exception(exc)

    loop.add_callback(in_the_loop)
    out("in the loop", env.raised(result.exception(5)))
    out("called", wrapper.call_in_ioloop(lambda a, b=0: a + b, (1,), {"b": 2}))

    kc = KATCPClientResourceContainer(dict(
        name="site", clients={"m1": dict(address=env.address, controlled=True)},
        groups={"all": ["m1"]}))
    kc.set_ioloop(loop)
    kct = ThreadSafeKATCPClientResourceWrapper(kc, wrapper)
    kct.start()
    kct.until_synced(timeout=10)
    out("container", [kct.name, kct.sensor.m1_an_int.get_value(), sorted(kct.children)])
    if not env.reference:  # there req fails after sensor
        out("container request", kct.req.m1_add(1, 2).reply.arguments, correct=[b"ok", b"3"])
    kct.stop()
    rct.stop()
    if not env.reference:  # there the state stays
        rct.until_state("disconnected", timeout=5)
        out("stopped", rct.state, correct="disconnected")
        rct.start()
        rct.until_synced(timeout=10)
        out("again", [rct.state, rct.req.add(5, 6).reply.arguments],
            correct=["synced", [b"ok", b"11"]])
        rct.stop()
    manager.stop()
    manager.join()
    try:
        wrapper.call_in_ioloop(lambda: None, (), {}, timeout=1)
        out("after the loop", "no error")
    except Exception as exc:
        out("after the loop", env.raised(exc))
