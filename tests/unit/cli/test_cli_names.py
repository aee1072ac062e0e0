"""MISSION, TASK, REPORT and ID may be typed in part; the newest is meant where nothing is typed."""

import pytest

from tests.unit.cli.scripted import mission, report, request, task
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice


@pytest.fixture
def two_missions(office: ScriptedOffice) -> ScriptedOffice:
    """Newest first, as the office lists them."""
    office.missions = [
        mission(
            "mis_02bbxyz", "build-shop", tasks=[task("mis_02bbxyz", "task_02b", "prd")],
            reports=[report("mis_02bbxyz", "build-shop", "README")],
        ),
        mission(
            "mis_01aaxyw", "build-app", tasks=[task("mis_01aaxyw", "task_01a", "mvp")],
            reports=[report("mis_01aaxyw", "build-app", "README"), report("mis_01aaxyw", "build-app", "pricing")],
        ),
    ]  # fmt: skip
    return office


@pytest.mark.parametrize("name", ["mis_01aaxyw", "build-app", "mis_01", "build-a", "xyw", "app"])
def test_a_mission_is_found_by_its_id_or_slug_or_an_end_of_either(
    two_missions: ScriptedOffice, ceo: Ceo, name: str
) -> None:
    assert ceo("show", name, "--json").json["slug"] == "build-app"


def test_without_a_name_the_newest_is_meant(two_missions: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("show", "--json").json["slug"] == "build-shop"


def test_a_mission_behind_the_first_page_is_found(two_missions: ScriptedOffice, ceo: Ceo) -> None:
    two_missions.page_size = 1
    assert ceo("show", "mis_01", "--json").json["slug"] == "build-app"
    assert len(ceo("missions", "--json").json) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("build", "ceo: 'build' matches several missions: build-shop, build-app; give more of the name\n"),
        ("nothing", "ceo: there is no mission 'nothing'\n"),
        ("../../x?y", "ceo: there is no mission '../../x?y'\n"),
        ("w", "ceo: there is no mission 'w'\n"),
    ],
)
def test_a_name_that_means_none_or_several_is_wrong_use(
    two_missions: ScriptedOffice, ceo: Ceo, name: str, said: str
) -> None:
    answer = ceo("show", name)
    assert (answer.code, answer.out, answer.err) == (2, "", said)


def test_a_task_is_found_by_key_in_the_newest_mission_that_has_it(two_missions: ScriptedOffice, ceo: Ceo) -> None:
    two_missions.say("finding", "mis_01aaxyw", task_id="task_01a", text="it works", source=None)
    for name in ("task_01a", "task_01", "mvp", "mv"):
        assert [entry["payload"]["text"] for entry in ceo("trail", name, "--json").json] == ["it works"]
    assert ceo("trail", "unheard-of").code == 2


def test_a_report_is_found_by_name_in_the_newest_mission_that_has_it(two_missions: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("read", "README", "--json").json["mission_slug"] == "build-shop"
    assert ceo("read", "pric", "--json").json["mission_slug"] == "build-app"
    assert ceo("read", "build-app/README", "--json").json["mission_slug"] == "build-app"
    assert ceo("read", "build-shop/pricing").code == 2


def test_a_request_is_found_by_the_end_of_its_id(two_missions: ScriptedOffice, ceo: Ceo) -> None:
    two_missions.desk = [request("apr_01first", "mis_02bbxyz"), request("apr_01second", "mis_02bbxyz")]
    assert ceo("deny", "cond", "--json").json["id"] == "apr_01second"
    several = ceo("deny", "apr_01")
    assert several.code == 2
    assert several.err == ("ceo: 'apr_01' matches several requests: apr_01first, apr_01second; give more of the name\n")
    assert ceo("approve", "apr_99").err == "ceo: nothing waits under apr_99\n"


def test_with_no_mission_at_all_it_says_how_to_get_one(office: ScriptedOffice, ceo: Ceo) -> None:
    said = ceo("show")
    assert (said.code, said.err) == (2, 'ceo: there is no mission yet; give a directive with `ceo run "..."`\n')
