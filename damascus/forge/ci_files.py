"""Files that a forge executes by itself when they are pushed: a model's program, on the founder's runners, with their
network and secrets. They are at the top of a repository.
"""

from fnmatch import fnmatchcase

# in lower case, part by part; what is below such a path counts as well
CI_FILES: tuple[tuple[str, ...], ...] = (
    (".gitea", "workflows"), (".gitea", "actions"), (".forgejo", "workflows"), (".forgejo", "actions"),
    (".github", "workflows"), (".github", "actions"), (".github", "dependabot.y*ml"),
    (".gitlab-ci*.y*ml",), (".gitlab-ci",), (".gitlab", "ci"), (".gitlab", "auto-deploy-values.y*ml"),
    (".woodpecker*",), (".drone*",), (".crow*",), (".circleci",), (".travis.y*ml",), (".cirrus.*",), (".buildkite",),
    ("azure-pipelines*",), (".azure-pipelines*",), (".azuredevops",), (".pipelines",), ("jenkinsfile*",),
    (".jenkins*",),
    ("bitbucket-pipelines.y*ml",), ("appveyor.y*ml",), (".appveyor.y*ml",), (".semaphore",), (".teamcity",),
    (".builds",), (".build.y*ml",), (".sourcehut",), (".tekton",), (".screwdriver",), ("screwdriver.y*ml",),
    ("wercker.y*ml",), ("cloudbuild.y*ml",), ("cloudbuild.json",), ("buildspec.y*ml",),
    ("codeship-*",), (".scrutinizer.y*ml",), (".space.kts",), (".onedev-buildspec.y*ml",), (".gocd*",),
    ("concourse.y*ml",),
    ("bamboo-specs",), (".bazelci",), (".zuul*",), ("zuul.y*ml",), ("zuul.d",), (".zuul.d",),
)  # fmt: skip


def is_ci_file(path: tuple[str, ...]) -> bool:
    """Return True if a forge executes the file at this path, or what it says."""
    return any(len(path) >= len(known) and _matches(path, known) for known in CI_FILES)


def may_lead_to_ci_files(path: tuple[str, ...]) -> bool:
    """Return True if CI files lie below this path: then nothing but a folder may be there, no link to one."""
    return any(len(path) < len(known) and _matches(path, known) for known in CI_FILES)


def _matches(path: tuple[str, ...], known: tuple[str, ...]) -> bool:
    return all(fnmatchcase(name.casefold(), part) for name, part in zip(path, known, strict=False))
