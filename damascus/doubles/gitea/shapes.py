"""The stand-in's rows as Gitea's API shows them."""

from typing import Any

from starlette.requests import Request

from damascus.doubles.gitea.store import Issue, Repo, Store


def user_shape(login: str, request: Request) -> dict[str, Any]:
    return {
        "id": 1, "login": login, "full_name": "", "email": f"{login}@noreply.localhost",
        "html_url": f"{request.base_url}{login}", "is_admin": True, "active": True,
    }  # fmt: skip


def repository_shape(store: Store, repo: Repo, request: Request) -> dict[str, Any]:
    url = f"{request.base_url}{repo.full_name}"
    return {
        "id": repo.id, "owner": user_shape(repo.owner, request), "name": repo.name, "full_name": repo.full_name,
        "description": repo.description, "empty": store.is_empty(repo),
        "private": repo.private, "fork": False, "template": False, "mirror": False, "archived": repo.archived,
        "html_url": url, "clone_url": f"{url}.git", "url": f"{request.base_url}api/v1/repos/{repo.full_name}",
        "default_branch": repo.default_branch, "has_issues": repo.has_issues, "created_at": repo.created_at,
        "open_issues_count": sum(issue.state == "open" for issue in repo.issues),
        "permissions": repo.permissions, "has_wiki": repo.has_wiki, "has_projects": repo.has_projects,
        "has_packages": repo.has_packages,
    }  # fmt: skip


def issue_shape(issue: Issue, repo: Repo, request: Request) -> dict[str, Any]:
    return {
        "id": repo.id * 100_000 + issue.number, "number": issue.number, "title": issue.title, "body": issue.body,
        "state": issue.state, "user": user_shape(issue.user, request), "comments": 0, "is_locked": False,
        "html_url": f"{request.base_url}{repo.full_name}/issues/{issue.number}",
        "url": f"{request.base_url}api/v1/repos/{repo.full_name}/issues/{issue.number}",
        "created_at": issue.created_at, "updated_at": issue.closed_at or issue.created_at,
        "closed_at": issue.closed_at,
    }  # fmt: skip
