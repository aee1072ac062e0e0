"""The CEO's desk and what is to be looked at: one JSON value with --json, words without."""

import pytest

from damascus.api import schemas
from tests.unit.cli.scripted import BORN, mission, report, request, task
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice


@pytest.fixture
def busy(office: ScriptedOffice) -> ScriptedOffice:
    office.missions = [
        mission(
            "mis_1", "an-app", tasks=[task("mis_1", "task_1", "ideas")], reports=[report("mis_1", "an-app", "ideas")]
        )
    ]
    office.desk = [request("apr_1", "mis_1")]
    return office


def test_the_desk_shows_the_question_and_what_to_type(busy: ScriptedOffice, ceo: Ceo) -> None:
    out = ceo("desk").out
    assert "Which one?" in out
    assert 'ceo answer apr_1 "TEXT"' in out
    busy.desk = []
    assert ceo("desk").out == "your desk is empty\n"


def test_answers_permissions_and_refusals_reach_the_office(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("answer", "apr_1", "The second").out == "answered apr_1; its task continues\n"
    assert ceo("approve", "apr_1").out == "approved apr_1\n"
    assert ceo("approve", "apr_1", "--budget", "3.5").code == 0
    assert ceo("deny", "apr_1", "--why", "too dear").out == "denied apr_1\n"
    assert busy.asked == [
        ("answer", "apr_1", {"text": "The second"}),
        ("approve", "apr_1", {}),
        ("approve", "apr_1", {"limit_microusd": 3_500_000}),
        ("deny", "apr_1", {"reason": "too dear"}),
    ]


def test_a_limit_is_set_for_a_mission_for_today_and_for_the_company(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("budget", "app", "3.5").out == "an-app: $1.2345 spent of $3.50\n"
    assert busy.missions[0].limit_microusd == 3_500_000
    assert ceo("budget", "day", "30").out == "day:2026-01-01 (Europe/Berlin): $1.00 spent of $30.00\n"
    assert ceo("budget", "day").out == "day:2026-01-01 (Europe/Berlin): $1.00 spent of $20.00\n"
    assert ceo("budget", "day", "30", "--json").json["of"] == "day"
    said = ceo("budget", "company", "300", "--json").json
    assert said == {
        "of": "company", "limit_microusd": 300_000_000, "spent_microusd": 1_000_000, "reserved_microusd": 0,
        "price_known": True, "allowances": [],
    }  # fmt: skip
    assert ceo("budget", "app", "0").err == "ceo: USD 0: give a positive amount of US dollars, such as 2.00\n"
    assert ceo("budget", "nobody", "1").err == "ceo: there is no mission 'nobody'\n"


def test_calls_and_tokens_of_free_models_are_shown_and_limited(busy: ScriptedOffice, ceo: Ceo) -> None:
    row = schemas.Allowance(scope="mission:mis_1", unit="calls", used=1200, reserved=1, limit=5000)
    busy.change("mis_1", allowances=[row])
    said = ceo("budget", "app", "--calls", "5000", "--tokens", "7")
    assert said.out == "an-app: $1.2345 spent of $2.00\nan-app: 1,200 of 5,000 calls used at free models\n"
    assert ceo("budget", "app", "--calls", "0").code == 2


def test_a_cost_at_an_assumed_price_is_marked(busy: ScriptedOffice, ceo: Ceo) -> None:
    busy.change("mis_1", price_known=False)
    assert "~$1.2345" in ceo("budget", "app").out
    assert "~$1.2345" in ceo("missions").out
    for said in (ceo("budget", "app").out, ceo("missions").out, ceo("show", "app").out):
        assert "the price of a model is not known and was assumed; `ceo doctor`" in said


def test_who_denies_money_is_told_how_to_give_it_later(busy: ScriptedOffice, ceo: Ceo) -> None:
    busy.desk = [request("apr_2", "mis_1", "budget")]
    assert "`ceo budget MISSION USD`" in ceo("deny", "apr_2").out
    assert ceo("deny", "apr_2", "--json").json["status"] == "denied"


def test_a_policy_is_shown_and_set_whole_or_by_one_of_its_keys(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("policy", "--json").json == {"autonomy": {"spend": "ask"}}
    assert ceo("policy", "autonomy", '{"spend": "allow"}', "--json").json == {"autonomy": {"spend": "allow"}}
    assert ceo("policy", "autonomy.spend", "deny", "--json").json == {"autonomy": {"spend": "deny"}}
    assert ceo("policy", "autonomy.spend", "--json").json == {"autonomy": {"spend": "deny"}}
    assert busy.policies == {"autonomy": {"spend": "deny"}}


@pytest.mark.parametrize(
    "words", [("policy", "autonomie"), ("policy", "autonomy.nothing"), ("policy", "autonomy", "not json {")]
)
def test_an_unknown_policy_or_a_value_that_is_none_is_wrong_use(
    busy: ScriptedOffice, ceo: Ceo, words: tuple[str, ...]
) -> None:
    said = ceo(*words)
    assert said.code == 2
    assert said.err.startswith("ceo: ")
    assert len(said.err.splitlines()) == 1
    assert busy.policies == {"autonomy": {"spend": "ask"}}


@pytest.mark.parametrize(
    "words",
    [
        ("missions",), ("show",), ("trail", "ideas"), ("reports",), ("reports", "an-app"), ("read", "ideas"),
        ("staff",), ("desk",), ("team",), ("inbox",), ("policy",), ("status",),
    ],
)  # fmt: skip
def test_every_look_is_one_json_value_with_json_and_words_without(
    busy: ScriptedOffice, ceo: Ceo, words: tuple[str, ...]
) -> None:
    busy.say("finding", "mis_1", task_id="task_1", text="found", source=None)
    machine, person = ceo(*words, "--json"), ceo(*words)
    assert (machine.code, machine.err) == (0, "")
    assert isinstance(machine.json, dict | list)
    assert len(machine.out.splitlines()) == 1
    assert (person.code, person.err) == (0, "")
    assert person.out.strip()


def test_cells_of_a_table_are_whole_where_there_is_no_terminal(busy: ScriptedOffice, ceo: Ceo) -> None:
    slug = "a-very-long-slug-" * 5
    busy.missions = [mission("mis_1", slug, directive_text="words " * 8)]
    assert slug in ceo("missions").out


def test_a_report_is_printed_as_it_is_but_for_what_drives_a_terminal(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("read", "ideas").out == "# ideas\n?[31mred?[0m [bold]words[/bold]\n\n"


def test_a_command_is_shown_whole_where_it_is_permitted_and_drives_no_terminal(busy: ScriptedOffice, ceo: Ceo) -> None:
    lines = [f"  rm -rf /tmp/{n} # \x1b[2J\u202e [bold]{'x' * 90}[/]" for n in range(100)]
    command = "\n".join(["May engineer use run_command?", *lines])
    busy.desk = [request("apr_9", "mis_1", "permission", command)]
    busy.change("mis_1", waiting=busy.desk)
    for said in (ceo("desk").out, ceo("show", "an-app").out):
        for line in lines:
            assert line.replace("\x1b", "<U+001B>").replace("\u202e", "<U+202E>") in said
        assert "ceo approve apr_9" in said
        assert "\x1b" not in said


def test_an_answer_is_called_answered(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("answer", "apr_1", "The second", "--json").json["status"] == "answered"


def test_who_is_online_without_work_is_idle(busy: ScriptedOffice, ceo: Ceo) -> None:
    assert "Make ideas" in ceo("staff").out
    assert "idle" not in ceo("staff").out
    busy.staff = [{**busy.staff[0], "working_on": []}]
    assert "idle" in ceo("staff").out
    busy.staff = [{**busy.staff[0], "online": False}]
    assert "idle" not in ceo("team").out


def test_a_check_that_failed_at_first_and_holds_now_is_not_shown_as_failed(busy: ScriptedOffice, ceo: Ceo) -> None:
    told = {"kind": "report", "task_id": "task_1", "detail": {}, "created_at": BORN}
    receipts = [
        schemas.Receipt(ok=False, standing=False, text="there is no report", **told),
        schemas.Receipt(ok=True, text="it is there", **told),
    ]
    busy.change("mis_1", receipts=receipts)
    assert "it is there" in ceo("show").out
    assert "there is no report" not in ceo("show").out
    assert [receipt["ok"] for receipt in ceo("show", "--json").json["receipts"]] == [False, True]


def test_the_trail_of_the_plan_says_why_it_is_so(busy: ScriptedOffice, ceo: Ceo) -> None:
    plan = task(
        "mis_1", "task_0", "plan", kind="plan", status="completed", summary="No pricing: you did not ask for it"
    )
    build = task("mis_1", "task_2", "build", role="engineer", depends_on=["task_1"])
    busy.change("mis_1", tasks=[plan, *busy.missions[0].tasks, build])
    turn = {"n": 1, "speaker": "tool", "tool": "submit_plan", "arguments": {}, "status": "done", "created_at": BORN}
    busy.turns = [
        schemas.Turn(id=f"turn_{n}", content=said, done_at=None, **turn)
        for n, said in enumerate(["submit_plan: there is no role 'cook'", "the plan of 2 tasks is accepted"])
    ]
    assert ceo("trail", "plan").out.splitlines() == [
        "No pricing: you did not ask for it",
        "sent back: submit_plan: there is no role 'cook'",
        "  ideas (pm): Make ideas",
        "  build (engineer): Make build, after ideas",
    ]
    plan = plan.model_copy(update={"reason": "the plan of the playbook startup was taken: no valid plan"})
    busy.change("mis_1", tasks=[plan, build])
    busy.turns = busy.turns[:1]
    said = ceo("trail", "plan").out
    assert said.startswith("the plan of the playbook startup was taken: no valid plan\n")
    assert "sent back: submit_plan: there is no role" in said


def test_a_mission_shows_how_much_of_its_input_was_in_the_providers_cache(office: ScriptedOffice, ceo: Ceo) -> None:
    office.missions = [mission("mis_1", "an-app", input_tokens=305_000, cached_tokens=262_300)]
    assert "305,000, 86% of them in the provider's cache" in ceo("show", "an-app").out
    assert ceo("show", "an-app", "--json").json["cached_tokens"] == 262_300
    office.missions = [mission("mis_1", "an-app")]
    assert "cache" not in ceo("show", "an-app").out
