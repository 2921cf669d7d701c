"""Groups of devices: requests to all, strategies, waits with quorum and grace."""
import tornado.gen
from katcp.resource_client import ClientGroup, KATCPClientResource, KATCPClientResourceContainer


@tornado.gen.coroutine
def scenario(env):
    out = env.out
    kc = KATCPClientResourceContainer(dict(
        name="site",
        clients={"m1": dict(address=env.address, controlled=True),
                 "m2": dict(address=env.device(), controlled=True)},
        groups={"ants": ["m1", "m2"], "one": ["m2"]}))
    kc.start()
    yield kc.until_synced(timeout=10)
    ants = kc.groups.ants
    out("groups", sorted(kc.groups.keys()))
    out("group", [ants.name, sorted(c.name for c in ants.clients), len(kc.groups["one"].clients)])
    out("connected", ants.is_connected())
    out("requests", sorted(ants.req.keys()) == sorted(kc.children.m1.req.keys()))
    out("request", [ants.req.add.name, ants.req.add.description])

    results = yield ants.req.add(3, 4)
    out("results", [bool(results), results.succeeded, sorted(results.keys())])
    out("arguments", [[k, r.reply.arguments] for k, r in sorted(results.items())])
    results = yield ants.req.refuse()
    out("refused", [bool(results), [r.succeeded for r in results.values()]])

    unsynced = kc.until_not_synced(timeout=5)
    yield kc.req.m2_add_request("brand-new")
    yield unsynced
    yield kc.until_synced(timeout=5)
    results = yield ants.req.brand_new()
    out("not on all", [bool(results), results["m1"], results["m2"].succeeded])

    done = {"an_int": [True, ["event"]]}
    out("strategy", (yield ants.set_sampling_strategy("an_int", "event")),
        correct={"m1": done, "m2": done})
    done = {"a_float": [True, ["period", "3.0"]]}
    out("strategies", (yield ants.set_sampling_strategies("^a_f", "period 3")),
        correct={"m1": done, "m2": done})
    out("wait", (yield ants.wait("an_int", 3, timeout=2)))
    yield kc.req.m1_set_sensor("an.int", 9, "nominal")
    yield kc.children.m1.wait("an_int", 9, timeout=5)
    for key, options in [("all", {}), ("one", dict(quorum=1)), ("half", dict(quorum=0.5)),
                         ("two", dict(quorum=2)), ("whole", dict(quorum=1.0)),
                         ("more than half", dict(quorum=0.6))]:
        result = yield ants.wait("an_int", 9, timeout=0.4, **options)
        out("quorum " + key, [bool(result), dict(result)])
    result = yield ants.wait("an_int", lambda reading: reading.value in (3, 9), timeout=1)
    out("condition", [bool(result), dict(result)])
    for key, sensor in [("no strategy", "a_bool"), ("no sensor", "nothing")]:
        try:
            yield ants.wait(sensor, True, timeout=1, quorum=1)
            out(key, "no error")
        except Exception as exc:
            out(key, isinstance(exc, Exception))

    free = KATCPClientResource(dict(name="free", address=env.device(), controlled=True))
    free.start()
    yield free.until_synced(timeout=5)
    group = ClientGroup("of-my-own", [free, kc.children.m1])
    results = yield group.req.echo("x", 1)
    out("own group", [group.name, bool(results), sorted(results.keys())])
    free.stop()
    yield free.until_state("disconnected", timeout=5)
    out("own group after", [group.is_connected(), (yield group.req.add(1, 2)).succeeded])
    kc.stop()
