"""What we ask of Gitea and what its stand-in answers, held against Gitea's own description of its API.

The description is looked for beside the project (../shared/gitea) or where GITEA_SWAGGER says; it is not part of the
project, so without it these are skipped.
"""

import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import ForgeUnavailable
from damascus.forge.board import Label
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.probe import probe
from tests.fixtures.gitea import Double, a_double

ROOT = Path(__file__).parents[2]
# any call may be answered so, and the description does not repeat it at each
EVERYWHERE = {301, 401, 403, 422, 429, 500, 502}


class Listener(httpx.AsyncHTTPTransport):
    """The network, and everything that went over it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[httpx.Request, httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer = await super().handle_async_request(request)
        await answer.aread()
        self.heard.append((request, answer))
        return answer


@dataclass
class Description:
    """Gitea's OpenAPI (2.0) document."""

    data: dict[str, Any]
    strict: dict[str, Any] = field(default_factory=dict)

    def operation(self, request: httpx.Request) -> dict[str, Any]:
        path = request.url.path.removeprefix(self.data["basePath"])
        for template, methods in self.data["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and request.method.lower() in methods:
                found: dict[str, Any] = methods[request.method.lower()]
                return found
        raise AssertionError(f"Gitea has no {request.method} {path}")

    def check_request(self, request: httpx.Request) -> None:
        parameters = {p["name"]: p for p in self.operation(request).get("parameters", [])}
        for name, value in request.url.params.items():
            parameter = parameters[name]
            assert parameter["in"] == "query"
            assert parameter["type"] != "integer" or value.isdigit(), name
            assert value in parameter.get("enum", [value])
        body = json.loads(request.content) if request.content else None
        if body:
            (schema,) = [p["schema"] for p in parameters.values() if p["in"] == "body"]
            self.validate(body, schema)

    def check_answer(self, request: httpx.Request, answer: httpx.Response) -> None:
        responses, status = self.operation(request)["responses"], str(answer.status_code)
        if status not in responses:
            assert answer.status_code in EVERYWHERE, f"{request.method} {request.url.path} is never answered {status}"
            return
        named = responses[status].get("$ref", "").rpartition("/")[2]
        schema = self.data["responses"].get(named, {}).get("schema")
        if schema:
            self.validate(answer.json(), schema)
        elif answer.status_code >= 400:
            assert isinstance(answer.json()["message"], str)

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """Against the schema, and with nothing in it that the schema does not name."""
        if not self.strict:
            closed = {
                name: {**one, "additionalProperties": False} if "properties" in one else one
                for name, one in self.data["definitions"].items()
            }
            self.strict = {"definitions": closed}
        jsonschema.validate(_without_nulls(value), {**schema, **self.strict}, jsonschema.Draft4Validator)


def _without_nulls(value: Any) -> Any:
    """Gitea answers null for times that are not set, which its description does not say."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def description() -> Description:
    named = os.environ.get("GITEA_SWAGGER")
    path = Path(named) if named else ROOT.parent / "shared/gitea/swagger.v1.json"
    if not path.exists():
        pytest.skip(f"there is no description of Gitea's API at {path}")
    return Description(json.loads(path.read_text()))


@pytest.fixture
async def heard(gitea: Double, tmp_path: Path) -> AsyncIterator[list[tuple[httpx.Request, httpx.Response]]]:
    """Every call that the company makes, with the answers that it may get."""
    listener = Listener()
    api = BoardApi(gitea.settings(), SystemClock(), listener)
    for owner in ("", "damascus"):
        await probe(api, gitea.settings(owner=owner))
    made = await api.create_repository(None, "app", "An app")
    assert made
    assert await api.create_repository(None, "app", "Again") is None
    assert await api.create_repository("damascus", "app", "An app")
    await api.edit_repository("founder/app", {"has_wiki": False, "description": "An app"})
    with pytest.raises(ForgeUnavailable):
        await api.create_repository("nobody", "app", "An app")
    assert await api.repository("founder", "app") == made == await api.repository_by_id(str(made.id))
    assert await api.repository("founder", "none") is None
    assert await api.repository_by_id("999999") is None
    for closed in (False, True):
        assert await api.create_issue("founder/app", {"title": "Do it", "body": "words", "closed": closed})
    assert [issue.state async for issue in api.issues("founder/app")] == ["closed", "open"]
    assert await api.edit_issue("founder/app", 1, {"state": "closed"})
    assert await api.edit_issue("founder/app", 9, {"state": "closed"}) is None
    await use_the_board(api)
    gitea.ask("PATCH", "/repos/founder/app", {"name": "renamed"})
    assert await api.repository("founder", "app")
    with a_double(tmp_path, "--scopes", "read:user,read:repository") as narrow:
        with pytest.raises(ForgeUnavailable):
            await probe(GiteaApi(narrow.settings(), SystemClock(), listener), narrow.settings())
        yield listener.heard


async def use_the_board(api: BoardApi) -> None:
    label = await api.create_label("founder/app", Label("state/done", "2e9e5b", "it is"))
    assert label
    assert await api.labels("founder/app") == {"state/done": label}
    milestone = await api.create_milestone("founder/app", "The mission", "words", "open")
    assert milestone
    assert await api.edit_milestone("founder/app", milestone, "The mission", "words", "closed") == milestone
    assert await api.edit_milestone("founder/app", 999_999, "The mission", "words", "closed") is None
    assert [one.state async for one in api.milestones("founder/app")] == ["closed"]
    issue = await api.create_issue("founder/app", {"title": "All", "labels": [label], "milestone": milestone})
    assert issue
    assert [one.number async for one in api.issues("founder/app", milestone)] == [issue.number]
    await api.set_labels("founder/app", issue.number, [])
    await api.create_comment("founder/app", issue.number, "it is done")
    assert await api.comments("founder/app", issue.number) == ["it is done"]
    assert [one async for one in api.releases("founder/app")] == []
    with pytest.raises(ForgeUnavailable, match="repo is empty"):  # until a push has been seen
        await api.create_release("founder/app", "v1", "a" * 40, "App", "words")
    assert [one async for one in api.pull_requests("founder/app")] == []
    assert await api.create_pull_request("founder/app", "work", "main", "App", "words") is None  # nor such branches


async def test_every_request_is_one_that_gitea_knows(
    heard: list[tuple[httpx.Request, httpx.Response]], description: Description
) -> None:
    for request, _ in heard:
        description.check_request(request)
        assert request.headers["authorization"].startswith("token ")
        assert "token" not in str(request.url)
    asked = {(request.method, re.sub(r"\d+", "N", request.url.path)) for request, _ in heard}
    assert len(asked) >= 26


async def test_every_answer_of_the_stand_in_is_one_that_gitea_could_give(
    heard: list[tuple[httpx.Request, httpx.Response]], description: Description
) -> None:
    for request, answer in heard:
        description.check_answer(request, answer)
    assert {200, 201, 301, 403, 404, 409, 422} <= {answer.status_code for _, answer in heard}


async def test_a_request_that_gitea_does_not_know_would_be_noticed(description: Description) -> None:
    url = "http://gitea/api/v1"
    unknown = httpx.Request("PUT", f"{url}/user/repos")
    with pytest.raises(AssertionError, match="Gitea has no PUT"):
        description.check_request(unknown)
    misspelt = httpx.Request("POST", f"{url}/user/repos", json={"name": "app", "privat": True})
    with pytest.raises(jsonschema.ValidationError, match="privat"):
        description.check_request(misspelt)
