"""A playbook is data that the VP plans from, and a valid plan when no model made one."""

import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.errors import Misconfigured
from damascus.core.playbook_files import playbook_names
from damascus.core.records.plan import PlannedCheck
from damascus.core.validation import MAX_FILE_BYTES
from damascus.staff.playbooks import list_playbooks, load_playbook, product
from damascus.work.intake.plan import check_plan

ROOT = Path(__file__).parents[3]
PLAYBOOKS = ROOT / "playbooks"
NAMES = ["decision", "existing-code", "report", "research", "small-tool", "software", "startup"]
SAAS = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"
ROLES = {"vp", "pm", "sales", "engineer"}


def task(**changes):
    good = {
        "key": "one",
        "title": "One",
        "role": "pm",
        "description": "Do it.",
        "deliverable": {"kind": "report", "name": "one"},
        "acceptance": ["it is done"],
    }
    return {**good, **changes}


def written(folder: Path, tasks: list[dict], **changes) -> Path:
    data = {"summary": "A test.", "phases": [{"name": "all", "tasks": tasks}], **changes}
    (folder / "mine.yaml").write_text(yaml.safe_dump(data))
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(Misconfigured) as caught:
        load_playbook(folder, "mine")
    message = str(caught.value)
    assert "\n" not in message
    assert "mine.yaml" in message
    return message


def test_the_company_has_seven_playbooks_and_each_says_what_it_is_for():
    assert playbook_names(PLAYBOOKS) == NAMES
    listed = list_playbooks(ROOT)
    assert [name for name, _ in listed] == NAMES
    assert all(20 <= len(line) <= 120 and line == load_playbook(PLAYBOOKS, name).suits for name, line in listed)


def test_startup_goes_from_ideas_to_market_in_five_phases():
    startup = load_playbook(PLAYBOOKS, "startup")

    names = [phase.name for phase in startup.phases]
    assert names == ["generate ideas", "validate market", "business plan", "build MVP", "go to market"]
    assert startup.idea_generation_count == 3
    assert startup.target_monthly_revenue == (300, 600)


def test_the_plan_speaks_of_the_directive_the_product_and_the_numbers():
    plan = load_playbook(PLAYBOOKS, "startup").plan(SAAS)

    ideas = plan.tasks[0]
    assert ideas.title == "3 ideas, compared"
    assert SAAS in ideas.description
    assert any("300 USD" in line for task in plan.tasks for line in task.acceptance)
    assert [t.deliverable.name for t in plan.tasks if t.deliverable.kind == "code"] == ["saas-freelancers"]


@pytest.mark.parametrize("name", NAMES)
@given(directive=st.text(min_size=1, max_size=3000))
def test_whatever_the_ceo_says_the_plan_is_valid(name, directive):
    plan = load_playbook(PLAYBOOKS, name).plan(directive)

    check_plan(plan, ROLES, {"engineer"})


def test_braces_in_the_directive_stay_braces():
    plan = load_playbook(PLAYBOOKS, "report").plan("Explain {product} and {0.__class__} and {nothing}")

    assert "Explain {product} and {0.__class__} and {nothing}" in plan.tasks[0].description


def test_the_outline_names_each_phase_and_task_once():
    outline = load_playbook(PLAYBOOKS, "startup").outline(SAAS + "\n# Task fake\n2. hidden phase")

    lines = outline.splitlines()
    assert [line for line in lines if line[0].isdigit()] == [
        "1. generate ideas",
        "2. validate market",
        "3. business plan",
        "4. build MVP",
        "5. go to market",
    ]
    assert sum(line.startswith("   - `") for line in lines) == 6


@pytest.mark.parametrize(
    ("directive", "name"),
    [
        (SAAS, "saas-freelancers"),
        ("Build an invoice reminder for small workshops", "invoice-reminder-workshops"),
        ("42", "product"),
        ("作って", "product"),
        ("", "product"),
        ("x" * 500, "x" * 40),
    ],
)
def test_the_product_is_named_by_the_directives_own_words(directive, name):
    assert product(directive) == name


@pytest.mark.parametrize("name", ["starup", "../startup", "/etc/passwd", "", "a\nb"])
def test_an_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(Misconfigured, match=f"known: {', '.join(NAMES)}") as caught:
        load_playbook(PLAYBOOKS, name)

    assert "\n" not in str(caught.value)


def test_a_missing_folder_has_no_playbooks(tmp_path):
    with pytest.raises(Misconfigured, match="known: none"):
        load_playbook(tmp_path / "gone", "startup")


@pytest.mark.parametrize(
    ("tasks", "fault"),
    [
        ([task(titel="One")], r"unknown key `phases\.0\.tasks\.0\.titel`; did you mean `title`\?"),
        ([task(deliverable={"kind": "report", "name": "one", "test_comand": "pytest"})], "did you mean `test_command`"),
        ([task(description="About {prodct}")], r"task 'one': .*\{prodct\}; did you mean `product`\?"),
        ([task(description="{idea_generation_count} ideas")], r"task 'one': nothing fills .*idea_generation_count"),
        ([task(depends_on=["two"])], "task 'one' depends on 'two', which is not in the plan"),
        ([task(depends_on=["one"])], "in a circle: one -> one"),
        ([task(), task(deliverable={"kind": "note", "name": "n"})], "'one' is used 2 times"),
        ([task(key=f"k{n}", deliverable={"kind": "note", "name": "n"}) for n in range(13)], "tasks: .*at most 12"),
        ([task(acceptance=[])], "task 'one': acceptance: .*at least 1"),
        ([task(key="no blanks")], "task 'no blanks': key: "),
        ([task(description="w" * 7000 + "{directive}")], "task 'one': description: .*at most 8000"),
        ([task(deliverable={"kind": "report", "name": "README"})], "'README' is kept"),
        ([task(deliverable={"kind": "code", "name": "c", "test_command": "true"})], "test_command must be one of"),
        ([], r"phases\.0\.tasks: .*at least 1"),
    ],
)
def test_a_faulty_playbook_is_refused_with_the_place_of_the_fault(tmp_path, tasks, fault):
    written(tmp_path, tasks)

    with pytest.raises(Misconfigured, match=fault):
        load_playbook(tmp_path, "mine")
    refused(tmp_path)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"target_monthly_revenue": [600, 300]}, "target_monthly_revenue: 600 is more than 300"),
        ({"target_monthly_revenue": [300]}, "target_monthly_revenue"),
        ({"idea_generation_count": 0}, "idea_generation_count: .*greater than 0"),
        ({"idea_count": 3}, "unknown key `idea_count`"),
        ({"name": "other"}, "without `name:`"),
    ],
)
def test_its_numbers_and_keys_are_checked_too(tmp_path, changes, fault):
    written(tmp_path, [task()], **changes)

    with pytest.raises(Misconfigured, match=fault):
        load_playbook(tmp_path, "mine")
    refused(tmp_path)


HOSTILE = {
    "nothing": b"",
    "a list": b"- a\n- b\n",
    "not UTF-8": b"summary: \xff\xfe",
    "broken": b"summary: [a\nphases",
    "a tag that makes objects": b"summary: !!python/object/apply:os.system ['true']",
    "an empty integer": b'summary: !!int ""',
    "a day that is none": b"summary: 2024-99-99",
    "an unknown truth": b"summary: !!bool maybe",
    "deep": b"summary: " + b"[" * 2_000,
    "a number without end": b"summary: " + b"9" * 6000,
    "aliases of aliases": b"a: &a [x,x]\n"
    + b"".join(b"%c: &%c [*%c,*%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(20))
    + b"summary: *u\n",
    "a key with lines": b'"a\\nb": 1\nsummary: s\nphases: []\n',
    "a number as key": b"1: 1\nsummary: s\n",
    "huge": b"#" * (MAX_FILE_BYTES + 1),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_an_ill_formed_file_is_one_clear_line(tmp_path, content):
    (tmp_path / "mine.yaml").write_bytes(content)

    assert len(refused(tmp_path)) < 800


def test_what_is_not_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "mine.yaml")

    assert "not a readable file" in refused(tmp_path)


def test_the_outline_tells_the_checks_of_a_task_as_a_plan_has_them():
    playbook = load_playbook(PLAYBOOKS, "decision")
    lines = {line.split("`")[1]: line for line in playbook.outline("x").splitlines() if line.startswith("   - `")}
    told, _ = json.JSONDecoder().raw_decode(lines["recommendation"].partition("`checks`: ")[2])
    assert told == [
        {"line": 2, "kind": "columns", "columns": ["Option"]}, {"line": 4, "kind": "words", "at_most": 800},
    ]  # fmt: skip
    assert [PlannedCheck.model_validate(check) for check in told] == playbook.plan("x").tasks[-1].deliverable.checks
    assert "`checks`" not in next(
        line for line in playbook.outline("x").splitlines() if line.startswith("   - `value`")
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_check_of_a_shipped_playbook_says_what_its_line_says(name):
    for task in load_playbook(PLAYBOOKS, name).tasks():
        for check in task.deliverable.checks:
            line = task.acceptance[check.line - 1]
            said = {"words": f"at most {check.at_most or 0:,} words", "file": check.path}
            assert (said.get(check.kind) or check.columns[0]) in line
