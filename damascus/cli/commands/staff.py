"""`ceo staff`: who there is."""

from damascus.api.schemas import StaffMember
from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, format_cost, print_json, print_table
from damascus.cli.options import Json, load_settings


def staff(json: Json = False) -> None:
    """Show who is on the staff, what each is doing and has cost."""
    found = list(find_office(load_settings()).staff())
    if json:
        print_json(found)
        return
    rows = [
        [
            member.name,
            member.title,
            member.role,
            "[green]online[/]" if member.online else "[red]offline[/]",
            format_cost(member.spent_microusd, member.price_known),
            _work_of(member),
        ]
        for member in found
    ]
    print_table(["name", "title", "role", "", "spent", "working on"], rows, "no agent has started yet")


def _work_of(member: StaffMember) -> str:
    if member.working_on:
        return escape_line("; ".join(member.working_on), 80)
    return "[dim]idle[/]" if member.online else ""
