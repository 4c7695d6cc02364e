"""python -m cimar.embedded up|down|status|run|dev: the launcher by hand."""

import argparse
import os
import signal
import subprocess
import sys

from cimar.embedded.services import Services
from cimar.installation import Problem


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cimar.embedded", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status", "run", "dev"])
    parser.add_argument("--profile", default=os.environ.get("CIMAR_PROFILE", "dev"))
    parser.epilog = "run takes a command after two dashes: run --profile test -- COMMAND …"
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given, command = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1 :]
    try:
        if given.command == "dev":
            from cimar.embedded.dev import Site

            return Site().run()
        services = Services(given.profile)
        if given.command == "run":
            return run(services, command)
        return {"up": up, "down": down, "status": status}[given.command](services)
    except Problem as problem:
        print(f"cimar: {problem}", file=sys.stderr)
        return 1


def up(services: Services) -> int:
    """Start both and leave them running, until `down` or until the last of those who use them leaves."""
    services.enter()
    return status(services)


def down(services: Services) -> int:
    services.places.make()
    if services.in_use():
        raise Problem("the services are still in use (bin/dev, bin/test, or `run`): stop that first.")
    services.stop()
    return 0


def status(services: Services) -> int:
    places, pids = services.places, {"postgres": services.postgres.pid(), "valkey": services.valkey.pid()}
    for name, pid in pids.items():
        print(f"{name}: {f'running, process {pid}' if pid else 'stopped'}")
    print(f"data: {places.servers_home()}\nDATABASE_URL={places.database_url}")
    print(f"DATABASE_OWNER_URL={places.database_owner_url}\nREDIS_URL={places.redis_url}")
    return 0 if all(pids.values()) else 3


def run(services: Services, command: list[str]) -> int:
    """Run a command while the services are up; its exit status is ours."""
    if not command:
        raise Problem("run what? python -m cimar.embedded run -- COMMAND …")
    if not services.places.durable:
        services.places.forget_lost_checkouts()
    environment = {**os.environ, "CIMAR_PROFILE": services.places.profile, "CIMAR_SERVICES": "shared"}
    try:
        services.enter()
        # The child holds the services too: should we be killed, they stay up for as long as it needs them.
        child = subprocess.Popen(command, env=environment, pass_fds=[services.held_by()])
        # A terminal tells the child of Ctrl-C as well as us; a script tells only us. Either way its answer is ours.
        alone = not sys.stdin.isatty()
        signal.signal(signal.SIGINT, lambda *_: child.send_signal(signal.SIGINT) if alone else None)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        status = child.wait()
    finally:
        if os.environ.get("CIMAR_KEEP") != "1":
            services.leave()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
