"""The stand-in's rows as Gitea's API shows them."""

from typing import Any

from starlette.requests import Request

from damascus.doubles.gitea.git import query_git
from damascus.doubles.gitea.store import (
    TABS,
    Comment,
    GiteaLabel,
    GiteaMilestone,
    GiteaRelease,
    Issue,
    Person,
    Repo,
    Store,
)


def user_shape(login: str, request: Request, store: Store | None = None) -> dict[str, Any]:
    person = store.people.get(login) if store else None
    person = person or Person(login, email=f"{login}@noreply.localhost")
    return {
        "id": 1, "login": login, "full_name": person.full_name, "email": person.email,
        "html_url": f"{request.base_url}{login}", "is_admin": True, "active": True,
        "avatar_url": f"{request.base_url}avatars/{login}",
    }  # fmt: skip


def repository_shape(store: Store, repo: Repo, request: Request) -> dict[str, Any]:
    url = f"{request.base_url}{repo.full_name}"
    return {
        "id": repo.id, "owner": user_shape(repo.owner, request), "name": repo.name, "full_name": repo.full_name,
        "description": repo.description, "empty": store.is_empty(repo),
        "private": repo.private, "fork": False, "template": False, "mirror": False, "archived": repo.archived,
        "html_url": url, "clone_url": f"{url}.git", "url": f"{request.base_url}api/v1/repos/{repo.full_name}",
        "default_branch": repo.default_branch, "created_at": repo.created_at,
        "open_issues_count": sum(issue.state == "open" and issue.pull is None for issue in repo.issues),
        "permissions": repo.permissions, **{tab: getattr(repo, tab) for tab in TABS},
    }  # fmt: skip


def issue_shape(issue: Issue, repo: Repo, request: Request) -> dict[str, Any]:
    milestone = next((one for one in repo.milestones if one.id == issue.milestone), None)
    return {
        "id": repo.id * 100_000 + issue.number, "number": issue.number, "title": issue.title, "body": issue.body,
        "state": issue.state, "user": user_shape(issue.user, request), "comments": len(issue.comments),
        "is_locked": False, "html_url": f"{request.base_url}{repo.full_name}/issues/{issue.number}",
        "url": f"{request.base_url}api/v1/repos/{repo.full_name}/issues/{issue.number}",
        "created_at": issue.created_at, "updated_at": issue.closed_at or issue.created_at,
        "closed_at": issue.closed_at, "milestone": milestone_shape(milestone, repo) if milestone else None,
        "labels": [label_shape(label, request) for label in repo.labels if label.id in issue.labels],
    }  # fmt: skip


def label_shape(label: GiteaLabel, request: Request) -> dict[str, Any]:
    return {
        "id": label.id, "name": label.name, "color": label.color, "description": label.description,
        "exclusive": label.exclusive, "is_archived": False, "url": f"{request.base_url}api/v1/labels/{label.id}",
    }  # fmt: skip


def milestone_shape(one: GiteaMilestone, repo: Repo) -> dict[str, Any]:
    states = [issue.state for issue in repo.issues if issue.milestone == one.id]
    return {
        "id": one.id, "title": one.title, "description": one.description, "state": one.state,
        "open_issues": states.count("open"), "closed_issues": states.count("closed"), "created_at": one.created_at,
    }  # fmt: skip


def comment_shape(comment: Comment, request: Request) -> dict[str, Any]:
    return {
        "id": comment.id, "body": comment.body, "user": user_shape(comment.user, request),
        "created_at": comment.created_at, "updated_at": comment.created_at,
    }  # fmt: skip


def release_shape(one: GiteaRelease, repo: Repo, request: Request) -> dict[str, Any]:
    url = f"{request.base_url}{repo.full_name}/releases"
    return {
        "id": one.id, "tag_name": one.tag, "target_commitish": one.target, "name": one.title, "body": one.body,
        "draft": False, "prerelease": False, "author": user_shape(one.user, request), "created_at": one.created_at,
        "published_at": one.created_at, "html_url": f"{url}/tag/{one.tag}",
        "assets": [
            {
                "id": asset.id, "name": asset.name, "size": asset.size, "download_count": 0,
                "browser_download_url": f"{url}/download/{one.tag}/{asset.name}",
            }
            for asset in one.assets
        ],
    }  # fmt: skip


def pull_shape(issue: Issue, repo: Repo, store: Store, request: Request) -> dict[str, Any]:
    assert issue.pull is not None
    shown = issue_shape(issue, repo, request)
    kept = ("id", "number", "title", "body", "state", "user", "labels", "milestone", "created_at", "closed_at")
    ends = {"head": issue.pull.head, "base": issue.pull.base}
    return {
        **{key: shown[key] for key in kept},
        "html_url": f"{request.base_url}{repo.full_name}/pulls/{issue.number}", "merged": False, "mergeable": True,
        **{
            end: {"label": ref, "ref": ref, "repo_id": repo.id, "sha": query_git(store.bare(repo), "rev-parse", ref)}
            for end, ref in ends.items()
        },
    }  # fmt: skip
