"""One process that shares studies one by one for some seconds; writes what each press took, and worked, in ms."""

import json
import random
import sys
import time

import django

from audit.actor import Actor
from bench.meter import session


def main(seconds: float, number: int) -> None:
    django.setup()
    from accounts.models import User
    from cimar.demo.scale.directory import BIG, TRUST
    from sharing.models import Method
    from sharing.services import share_studies
    from sharing.targets import Target
    from studies.models import Placement
    from worklists.models import Worklist

    draw = random.Random()
    big = Worklist.objects.get(account__name=TRUST, name=BIG)
    by = User.objects.filter(account_memberships__account=big.account).order_by("pk")[number]
    targets = Worklist.objects.filter(account=big.account, kind="location").exclude(pk=big.pk)
    there = [Target(Method.LOCATION, str(uuid)) for uuid in targets.values_list("uuid", flat=True)]
    placed = list(
        Placement.objects.filter(worklist=big).order_by("-id").values_list("uuid", flat=True)[:20_000]
    )
    took = []
    # All begin together: who is ready says so and waits for a line.
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin, worked = time.perf_counter(), time.process_time() * 1000 + session()
        report = share_studies(
            placements=[draw.choice(placed)],
            targets=[draw.choice(there)],
            by=Actor.of(by),
        )
        if report.count("shared", "awaiting_approval"):
            wall = (time.perf_counter() - begin) * 1000
            took.append((wall, time.process_time() * 1000 + session() - worked))
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
