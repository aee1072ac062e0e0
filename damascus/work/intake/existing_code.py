"""A directive about code that is there: it is cloned before the directive is written, and known to have tests.

Nothing of it is run here; what its files say is read as text.
"""

from dataclasses import replace

from damascus.core.errors import Invalid
from damascus.core.ids import new_id
from damascus.core.records.directives import ExistingCode
from damascus.core.records.plan import Plan, PlannedTask, check_test_command
from damascus.core.records.tasks import DeliverableKind
from damascus.forge.port import Forge, Repository
from damascus.work.intake.directives import NewDirective, id_of
from damascus.work.intake.test_command import find_test_command, tells_of_tests

PLAYBOOK = "existing-code"


async def with_code(new: NewDirective, origin: str, test_command: str | None, forge: Forge) -> NewDirective:
    """Return the directive with the clone that it is about. The same key clones it once only.

    Raises Invalid if that cannot be cloned, or no command runs its tests; Unavailable if it cannot be reached now.
    """
    if test_command is not None:
        try:
            check_test_command(test_command)
        except ValueError as error:
            raise Invalid(str(error)) from None
    key = new.key or new_id("key").lower()
    code = await forge.adopt(origin, id_of(key))
    if test_command is None:
        files = await forge.read_files(Repository(code.name, ""), code.sha, tells_of_tests)
        test_command = find_test_command(files)
    if test_command is None:
        raise Invalid(
            f"nothing in {code.origin} tells how its tests are run; name the command, as in "
            "--test 'python3 -m unittest discover -s tests'"
        )
    return replace(new, key=key, playbook=new.playbook or PLAYBOOK, code=replace(code, test_command=test_command))


def for_code(plan: Plan, code: ExistingCode) -> Plan:
    """Return a plan in which the code is proven by its own tests. Raises Invalid if it delivers other code."""
    wrong = [task for task in plan.tasks if _is_code(task) and task.deliverable.name != code.name]
    if wrong:
        raise Invalid(
            f"the plan is not valid: this mission works on the existing repository {code.name!r}, so the one task that "
            f"delivers code delivers that, not {wrong[0].deliverable.name!r}"
        )
    proven = {"test_command": code.test_command}
    tasks = [
        task.model_copy(update={"deliverable": task.deliverable.model_copy(update=proven)}) if _is_code(task) else task
        for task in plan.tasks
    ]
    return plan.model_copy(update={"tasks": tasks})


def _is_code(task: PlannedTask) -> bool:
    return task.deliverable.kind == DeliverableKind.CODE
