"""The management API as a FastAPI app; `create_app` builds it on an open company."""

from collections.abc import Iterable
from functools import partial

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from damascus import __version__
from damascus.composition.company import Company
from damascus.office import error_handlers, login_page, openapi, page
from damascus.office.browsers import Browsers, LoginLimit
from damascus.office.dependencies import check_text
from damascus.office.log_feed import LogFeed
from damascus.office.metrics import Measured, Metrics
from damascus.office.request_guard import LOCAL_HOSTS, RequestGuard
from damascus.office.routes import (
    budget,
    desk,
    directives,
    events,
    health,
    memories,
    metrics,
    missions,
    money,
    now,
    policies,
    reports,
    repositories,
    search,
    sessions,
    sources,
    staff,
    tasks,
)

ROUTES = {
    "/api/directives": directives.router,
    "/api/missions": missions.router,
    "/api/now": now.router,
    "/api/tasks": tasks.router,
    "/api/turns": tasks.turns,
    "/api/reports": reports.router,
    "/api/sources": sources.router,
    "/api/memories": memories.router,
    "/api/repositories": repositories.router,
    "/api/desk": desk.router,
    "/api/staff": staff.router,
    "/api/budget": budget.router,
    "/api/money": money.router,
    "/api/playbooks": policies.playbooks,
    "/api/policies": policies.router,
    "/api/events": events.router,
    "/api/log": events.log,
    "/api/sessions": sessions.router,
    "/api/search": search.router,
    "/metrics": metrics.router,
}
OLD_ROUTES = {  # kept for one release, and not in the OpenAPI document
    "/api/inbox": desk.router,
    "/api/team": staff.router,
    "/api/money": budget.router,
}


IN_THE_DOCUMENT = HTTPBearer(auto_error=False, description="The token in .damascus/token")  # the guard compares it


def create_app(company: Company, token: str, hosts: Iterable[str] = LOCAL_HOSTS) -> FastAPI:
    """Return the app; all routes but health and the log-in ask for `token` or a cookie, all for one of `hosts`."""
    app = FastAPI(
        title="Damascus Frontier: the office",
        version=__version__,
        description="The company's management API. Money is in micro-USD, times are UTC.",
        docs_url=None,  # its page runs a script from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    app.state.company = company
    app.state.looks = health.Looks()
    app.state.metrics = Metrics()
    app.state.feed = LogFeed(company, app.state.metrics.readers.set)
    app.state.page = page.STATIC
    app.state.browsers = Browsers(company, token)
    app.state.login_limit = LoginLimit()
    app.add_middleware(RequestGuard, token=token, hosts=hosts, browsers=app.state.browsers)
    app.add_middleware(Measured, metrics=app.state.metrics)
    error_handlers.install(app)
    app.include_router(login_page.router, include_in_schema=False)
    app.include_router(page.router)
    app.include_router(health.router, prefix="/api/health")
    app.include_router(sessions.own, prefix=sessions.LOGIN_PATH)
    guards = [Depends(IN_THE_DOCUMENT), Depends(check_text)]
    for prefix, router in ROUTES.items():
        app.include_router(router, prefix=prefix, dependencies=guards)
    for prefix, router in OLD_ROUTES.items():
        app.include_router(router, prefix=prefix, dependencies=guards, include_in_schema=False)
    return app
