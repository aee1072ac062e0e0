"""The page is for everybody: in both themes, on a desk and on a phone, and where motion is unwelcome."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import PHONE, WIDE, keep_picture
from tests.browser.page_states import State, brought_about, states
from tests.fixtures.company import Company, Mission
from tests.fixtures.model import ROOT

SAAS = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"
AXE = (ROOT / "dashboard/node_modules/axe-core/axe.min.js").read_text
GROUPS = 8  # so that none takes long
FEWEST_STATES = 60
LOOK = """async (only) => {
  const found = await axe.run({resultTypes: ["violations"], ...(only ? {runOnly: {type: "rule", values: only}} : {})});
  return found.violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`);
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def mission(shared_company: Company) -> Mission:
    shared_company.model.begin()
    return shared_company.ended(shared_company.give(SAAS))


@pytest.mark.parametrize("nth", range(GROUPS))
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_state_is_for_everybody(
    browser_of: Callable[..., BrowserContext], mission: Mission, size: dict[str, int], nth: int
) -> None:
    context = browser_of(viewport=size, has_touch=size == PHONE, reduced_motion="reduce")
    context.add_init_script(AXE())
    own = states(mission)[nth::GROUPS]
    found = [fault for state in own for fault in _faults(context.new_page(), state, size["width"])]
    assert not found, "\n".join(found)


def test_there_are_states_enough(mission: Mission) -> None:
    known = states(mission)
    assert len({state.name for state in known}) == len(known) > FEWEST_STATES


def _faults(page: Page, state: State, width: int) -> list[str]:
    brought_about(page, state)
    found: list[str] = page.evaluate(LOOK)
    if page.evaluate(SIDEWAYS) > 0:
        found.append("goes sideways")
    if page.evaluate("document.getAnimations().length") > 0:
        found.append("moves")
    keep_picture(page, f"{state.name}-light-{width}")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += page.evaluate(LOOK, ["color-contrast"])
    keep_picture(page, f"{state.name}-dark-{width}")
    page.close()
    return [f"{state.name}: {fault}" for fault in found]
