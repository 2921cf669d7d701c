"""Two devices in a container: names, unions, strategies, listeners, waits, comings and goings."""
import tornado.gen
from katcp.resource_client import KATCPClientResourceContainer


@tornado.gen.coroutine
def scenario(env):
    out = env.out
    spec = dict(name="site", description="two devices", clients={
        "m1": dict(address=env.address, controlled=True, description="the first"),
        "m2": dict(address=env.device(), controlled=True),
    })
    kc = KATCPClientResourceContainer(spec)
    out("before", [kc.name, kc.description, kc.parent, kc.address, kc.is_connected(),
                   sorted(kc.children.keys())])
    kc.start()
    yield kc.until_synced(timeout=10)
    out("after", [kc.is_connected(), kc.is_active()])
    out("children", [[c.name, c.description, c.parent is kc, c.parent_name, c.state]
                     for _, c in sorted(kc.children.items())])
    out("sensors", sorted(kc.sensor.keys()))
    out("same object", kc.sensor.m1_an_int is kc.children.m1.sensor.an_int)
    out("names", [kc.sensor.m1_an_int.name, kc.sensor.m1_an_int.parent_name,
                  kc.sensor.m1_an_int.normalised_name])
    if not env.reference:  # there one of req and sensor fails after the other was looked at
        out("some requests", ["m1_add" in kc.req, "m2_echo" in kc.req, "add" in kc.req],
            correct=[True, True, False])
        reply = yield kc.req.m1_add(3, 4)
        out("request", [reply.succeeded, reply.reply.arguments], correct=[True, [b"ok", b"7"]])
    m1, m2 = kc.children.m1, kc.children.m2

    rows = yield kc.list_sensors("an_int$")
    out("list", [[r.name, r.python_identifier, r.type, r.units] for r in rows])
    rows = yield kc.list_sensors("an_int$", tuple=True)
    out("list of tuples", [[r[0], r[3], r[4], r[7]] for r in rows])

    heard = []
    out("strategy", (yield kc.set_sampling_strategy("m1_an_int", "event")),
        correct={"m1": {"an_int": [True, ["event"]]}})
    out("strategy none", (yield kc.set_sampling_strategy("nothing_like_it", "event")))
    done = [True, ["period", "2.0"]]
    out("strategies", (yield kc.set_sampling_strategies("m[12]_a_bool", "period 2")),
        correct={"m1": {"a_bool": done}, "m2": {"a_bool": done}})
    out("sampled", [kc.sensor.m1_an_int.sampling_strategy, kc.sensor.m2_a_bool.sampling_strategy])
    yield kc.set_sensor_listener("m1_an_int", lambda sensor, reading: heard.append(
        [sensor.name, reading.value]))
    yield m1.req.set_sensor("an.int", 41, "warn")
    out("wait", (yield m1.wait("an_int", 41, timeout=5)))
    if not env.reference:  # there a container cannot wait
        out("wait by its name", (yield kc.wait("m1_an_int", 41, timeout=5)), correct=True)
        out("wait fails", (yield kc.wait("m1_an_int", 42, timeout=0.1)), correct=False)
    out("heard", [h for h in heard if h[1] == 41])
    out("reading", [kc.sensor.m1_an_int.status, kc.sensor.m1_an_int.value])

    kc.set_active(False)
    out("inactive", [kc.is_active(), kc.children.m1.is_active()])
    try:
        yield m1.req.add(1, 2)
        out("inactive request", "no error")
    except Exception as exc:
        out("inactive request", env.raised(exc))
    kc.set_active(True)

    unsynced = kc.until_not_synced(timeout=5)
    yield m2.req.add_sensor("a-new.one", "text")
    yield unsynced
    yield kc.until_synced(timeout=5)
    out("added", "m2_a_new_one" in kc.sensor)
    child = kc.add_child_resource_client("m3", dict(address=env.device(), controlled=True))
    yield kc.until_synced(timeout=10)
    out("child added", [child.name, child.parent is kc, "m3_an_int" in kc.sensor,
                        sorted(kc.children.keys())])
    out("any", (yield kc.until_any_child_in_state("synced", timeout=5)))
    out("all", (yield kc.until_all_children_in_state("synced", timeout=5)))
    kc.stop()
    yield kc.until_any_child_in_state("disconnected", timeout=5)
    yield kc.until_all_children_in_state("disconnected", timeout=5)
    out("stopped", kc.is_connected())
