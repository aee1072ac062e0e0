"""The management API as a FastAPI app; `create_app` builds it on an open company."""

from fastapi import Depends, FastAPI

from damascus import __version__
from damascus.composition.company import Company
from damascus.office import problems
from damascus.office.auth import require_token
from damascus.office.deps import check_text
from damascus.office.problems import Problem
from damascus.office.routes import (
    directives,
    events,
    health,
    inbox,
    missions,
    money,
    policies,
    reports,
    repositories,
    tasks,
    team,
)

GUARDED = (directives, missions, tasks, reports, repositories, inbox, team, money, policies, events)


def create_app(company: Company, token: str) -> FastAPI:
    """The app; every route but health asks for `token`."""
    app = FastAPI(
        title="Damascus Frontier: the office",
        version=__version__,
        description="The company's management API. Money is in micro-USD, times are UTC.",
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={"default": {"model": Problem, "description": "What went wrong (RFC 9457)"}},
    )
    app.state.company = company
    app.state.token = token
    problems.install(app)
    app.include_router(health.router)
    for module in GUARDED:
        app.include_router(module.router, dependencies=[Depends(require_token), Depends(check_text)])
    return app
