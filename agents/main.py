"""One agent process: `python -m agents.main --role vp --name vp-1`, or AGENT_ROLE and AGENT_NAME. Wiring only.

It carries one persona, or several (`--role writer,lawyer`) that need no process of their own.
"""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import uvloop

from agents.worker import Worker
from damascus.composition.agents import open_agent_services
from damascus.core import failpoints, log, settings
from damascus.core.errors import DamascusError, Misconfigured
from damascus.core.files import keep_from_others
from damascus.core.records.roles import PLANNER
from damascus.core.settings import Settings
from damascus.staff.personas import Persona, load_personas

PERSONAS = Path(__file__).parent / "personas"


def main() -> int:
    """Run the agent until SIGTERM or SIGINT.

    Returns the exit code: 2 for a wrong configuration, 1 for another failure.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", help="a role, or several with commas between; default: AGENT_ROLE")
    parser.add_argument("--name", help="this process's own name, such as vp-1; default: AGENT_NAME and the host's name")
    parser.add_argument("--alive", type=Path, help="a file to touch with each heartbeat, for a health check")
    options = parser.parse_args()
    who = f"agent {options.name or options.role or ''}".strip()
    try:
        config = settings.load()
        roles = [role.strip() for role in (options.role or config.agent.role).split(",")]
        name = options.name or _own_name(config.agent.name or roles[0])
        who = f"agent {name}"
        uvloop.run(_work(config, roles, name, options.alive))
    except Misconfigured as error:
        log.write_error(f"{who}: {error}")
        return 2
    except DamascusError as error:
        log.write_error(f"{who}: {error}")
        return 1
    return 0


def _own_name(first: str) -> str:
    """Return a name that no other replica of the container has: a worker that starts takes back what its name held."""
    return f"{first}-{socket.gethostname()}"


async def _work(config: Settings, roles: list[str], name: str, alive: Path | None) -> None:
    keep_from_others()
    log.configure_logging(file=config.log_file(roles[0]))
    failpoints.arm_failpoints(config.company.faults, name)
    personas = load_personas(PERSONAS)
    for role in roles:
        if role not in personas:
            raise Misconfigured(
                f"there is no persona for the role {role!r} in {PERSONAS}; known: {', '.join(personas)}"
            )
    check_planner(personas)
    coders = [r for r, persona in personas.items() if "commit" in persona.tools]
    names = [persona.name for persona in personas.values()]
    async with open_agent_services(config, Path.cwd(), personas, coders, names) as services:
        working = asyncio.ensure_future(Worker([personas[role] for role in roles], services, name, alive).run())
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, working.cancel)
        try:
            await working
        except asyncio.CancelledError:
            return


def check_planner(personas: Mapping[str, Persona]) -> None:
    """Raise Misconfigured unless directives reach the one persona that knows what to do with them."""
    planners = [role for role, persona in personas.items() if persona.planner]
    if planners != [PLANNER]:
        raise Misconfigured(
            f"{PERSONAS}: the persona of the role {PLANNER!r}, and no other, has the line `planner: true`; "
            f"with it now: {', '.join(planners) or 'none'}"
        )


if __name__ == "__main__":
    sys.exit(main())
