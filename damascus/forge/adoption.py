"""Code of somebody's, cloned by the program: what may be cloned, from where, and what of it is refused.

The address and all that is behind it are a stranger's words. git gets one of two things: an https address whose host
was looked up by us and leads to the internet, or a folder of this machine; with one protocol allowed, no redirect, no
credential, no submodule, and limits on time and size. It never checks anything out, so no hook, filter or attribute of
the clone is obeyed (docs/decisions/0038-code-of-the-ceos.md).
"""

import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from damascus.core.errors import Invalid, Unavailable
from damascus.core.minimums import is_older
from damascus.core.network import Route
from damascus.core.network.addresses import is_public
from damascus.core.records.directives import ExistingCode
from damascus.core.redaction import redact
from damascus.core.text import one_line, slug
from damascus.forge.git_command import BRANCH, run_git, start_git
from damascus.forge.locks import locked
from damascus.forge.objects import open_objects
from damascus.forge.port import MAX_FILE_BYTES
from damascus.forge.trust_file import certificates_file
from damascus.forge.working_files import MAX_ENTRIES, MAX_TREE_BYTES

MAX_ORIGIN_CHARS = 500
MAX_LINK_CHARS = 4_000
MAX_CLONE_BYTES = 1024 * 1024 * 1024
MAX_LISTING_BYTES = 16 * 1024 * 1024
CLONE_SECONDS = 300.0
STALL_SECONDS = 30
STALE_SECONDS = 3600.0
HTTPS_PORT, MIN_FREE_PORT = 443, 1024
PINS_FROM = "2.37"  # the git that connects to the address which was checked, and looks up no other
LFS = b"version https://git-lfs.github.com/spec/"
MAX_SAID_CHARS = 300
OWNER_KEY, ORIGIN_KEY, BASE_KEY, SHA_KEY = "damascus.mission", "damascus.origin", "damascus.base", "damascus.basesha"
DRAFTS = ".adopting"  # in the store: what is complete is renamed, and `git_dirs` may be another file system
# what old but honest histories have; all else that `git fsck` calls an error is refused
LENIENT = ("zeroPaddedFilemode", "badTimezone", "missingSpaceBeforeDate", "missingNameBeforeEmail", "missingEmail")
_BRANCH_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}")
_BASE = re.compile(r"ref: refs/heads/([A-Za-z0-9._/-]{1,100})\tHEAD")
_ENTRY = re.compile(r"(\d+) (\w+) [0-9a-f]+ +(\d+|-)\t(.*)", re.DOTALL)

Fetch = Callable[[Path], str]  # brings main into a repository; returns the name of the branch that it was there


@dataclass(frozen=True, slots=True)
class CloneSource:
    """Where code is cloned from: an https address with its host and port, or a folder."""

    text: str
    host: str = ""
    port: int = HTTPS_PORT


def read_origin(text: str, own: tuple[Path, ...]) -> CloneSource:
    """Return what a person named. Raises Invalid, which never repeats a password, if nothing may be cloned from there.

    `own` are folders of the company's: what is in them is private, or the company's already.
    """
    if not text or len(text) > MAX_ORIGIN_CHARS or any(c.isspace() or not c.isprintable() for c in text):
        raise Invalid(
            f"a repository is named by an address or a folder of 1 to {MAX_ORIGIN_CHARS} characters, no blanks"
        )
    if text.startswith("/"):
        return _folder(Path(text), own)
    try:
        parts = urlsplit(text)
        port = parts.port or HTTPS_PORT
    except ValueError:
        raise Invalid("the repository's address cannot be read; write it as https://HOST/OWNER/NAME.git") from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc or parts.query or parts.fragment:
        raise Invalid(
            "the repository's address has a name, a password or a query in it, which would be kept in places that are "
            "read; leave that out, or clone it yourself and name the folder"
        )
    if parts.scheme != "https" or not parts.hostname or not parts.path.strip("/"):
        raise Invalid(
            "a repository is cloned from https://HOST/OWNER/NAME.git or from a folder of the office's machine; clone "
            "what is elsewhere yourself and name the folder"
        )
    if port != HTTPS_PORT and port < MIN_FREE_PORT:
        raise Invalid(f"port {port} is not one that repositories are cloned from; use {HTTPS_PORT}")
    return CloneSource(text, parts.hostname, port)


def _folder(path: Path, own: tuple[Path, ...]) -> CloneSource:
    try:
        real = path.resolve(strict=True)
        inner = real / ".git"
        data = _data_folder(real, inner) if inner.is_file() else inner
        is_there = (data / "HEAD").is_file() or (real / "HEAD").is_file()
    except (OSError, UnicodeDecodeError, ValueError):
        is_there, real, data = False, path, path
    if not is_there:
        raise Invalid(
            f"there is no git repository at {path} where the office runs (in containers it sees no folder of yours); "
            "name one, or a public https address"
        )
    for folder in (real, data.resolve()):
        if any(folder.is_relative_to(one.resolve()) for one in own):
            raise Invalid(f"{path} is in a folder of the company's own; name a repository elsewhere")
    return CloneSource(str(real))


def _data_folder(at: Path, link: Path) -> Path:
    """Return where the git data of a linked working tree is."""
    with link.open(encoding="utf-8") as file:
        return at / file.read(MAX_LINK_CHARS).removeprefix("gitdir:").strip()


def adopt(root: Path, git_dirs: Path, named: tuple[str, str], fetch: Fetch) -> ExistingCode:
    """Clone into the store for an owner, once; `named` are origin and owner. Raises as `Forge.adopt` does.

    A clone is complete, and known to be one that the company can work with, before it is in the store.
    """
    origin, owner = named
    with locked(git_dirs / f"adopting-{slug(owner, 60)}.lock"):
        known = _adopted(root, owner)
        if known is not None:
            return known
        draft = root / DRAFTS / f"{slug(owner, 60)}.git"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir(mode=0o755, parents=True)
            _remove_stale(draft)
            run_git(draft, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
            base = fetch(draft)
            sha = run_git(draft, "rev-parse", "--verify", f"refs/heads/{BRANCH}^{{commit}}")
            check_contents(draft, sha)
            noted = {ORIGIN_KEY: origin, BASE_KEY: base, SHA_KEY: sha, OWNER_KEY: owner, "gc.auto": "0",
                     "receive.autogc": "false", "receive.denyNonFastForwards": "true"}  # fmt: skip
            for key, value in noted.items():
                run_git(draft, "config", key, value)
            (draft / "description").write_text(f"from {origin}\n", encoding="utf-8")
            return _put(root, git_dirs, draft, owner)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _put(root: Path, git_dirs: Path, draft: Path, owner: str) -> ExistingCode:
    origin = run_git(draft, "config", "--get", ORIGIN_KEY)
    wanted = slug(origin.rstrip("/").rpartition("/")[2].removesuffix(".git"), 50)
    with locked(git_dirs / "forge.lock"):
        for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))):
            if name != "company" and not (root / f"{name}.git").exists():
                draft.rename(root / f"{name}.git")
                break
    found = _adopted(root, owner)
    if found is None:
        raise Invalid(f"too many repositories are named {wanted!r} already; remove some from {root}")
    return found


def _adopted(root: Path, owner: str) -> ExistingCode | None:
    """Return what an owner has adopted before."""
    for bare in sorted(root.glob("*.git")):
        noted = dict(
            line.partition(" ")[::2]
            for line in run_git(bare, "config", "--get-regexp", r"^(damascus|core)\.").splitlines()
        )
        if noted.get(OWNER_KEY) == owner and SHA_KEY in noted:
            return ExistingCode(bare.stem, noted[ORIGIN_KEY], noted[BASE_KEY], noted[SHA_KEY])
    return None


def _remove_stale(draft: Path) -> None:
    """Remove what clones that were killed have left: they are much older than this one."""
    now = draft.stat().st_mtime
    for folder in draft.parent.glob("*.git"):
        if now - folder.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def fetch_from(origin: CloneSource, is_allowed: Callable[[str], bool] = is_public) -> Fetch:
    """Return what brings a clone from there; an address of the host that `is_allowed` is false of is not asked."""
    if not origin.host:
        return lambda bare: fetch_head(bare, origin.text, {"GIT_ALLOW_PROTOCOL": "file"})

    def fetch(bare: Path) -> str:
        route = Route.to(origin.text, "the repository's address")
        config = {
            "credential.helper": "", "http.followRedirects": "false", "http.emptyAuth": "false",
            "http.proxy": route.proxy.url if route.proxy else "", "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": str(STALL_SECONDS),
        }  # fmt: skip
        addresses = _checked(origin, is_allowed, by_proxy=route.proxy is not None)
        if addresses:
            if is_older(run_git(bare, "version"), PINS_FROM) is not False:
                raise Invalid(f"an address needs git {PINS_FROM} or newer at the office; name a folder instead")
            config["http.curloptResolve"] = f"{origin.host}:{origin.port}:{','.join(addresses)}"
        env = {"GIT_ALLOW_PROTOCOL": "https", "GIT_CONFIG_COUNT": str(len(config))}
        for n, (key, value) in enumerate(config.items()):
            env |= {f"GIT_CONFIG_KEY_{n}": key, f"GIT_CONFIG_VALUE_{n}": value}
        with certificates_file(route) as certificates:
            return fetch_head(bare, origin.text, env | ({"GIT_SSL_CAINFO": certificates} if certificates else {}))

    return fetch


def _checked(origin: CloneSource, is_allowed: Callable[[str], bool], *, by_proxy: bool) -> list[str]:
    """Return the addresses of a host, all of which are allowed; none if a proxy looks it up."""
    is_number = re.fullmatch(r"[0-9.]+|.*:.*|0x.*", origin.host) is not None
    if (
        by_proxy
        and not is_number
        and origin.host.partition(".")[2]
        and not origin.host.endswith((".local", ".internal"))
    ):
        return []
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Unavailable(f"the name {origin.host} cannot be looked up from the office") from None
    if not all(map(is_allowed, found)):
        raise Invalid(f"{origin.host} leads to an address that is not public; clone it yourself and name the folder")
    return sorted(found)


def fetch_head(bare: Path, url: str, env: dict[str, str], branch: str = "") -> str:
    """Bring a branch, else what HEAD is at `url`, into a repository as `main`; return the name that it has there."""
    ref = f"refs/heads/{branch}" if _BRANCH_NAME.fullmatch(branch) else "HEAD"
    status, shown, said = git_output(bare, env, "ls-remote", "--quiet", "--symref", "--", url, "HEAD")
    if status == 0:
        strict = (
            "-c",
            "fetch.fsckObjects=true",
            *(part for key in LENIENT for part in ("-c", f"fetch.fsck.{key}=ignore")),
        )
        status, _, said = git_output(
            bare, env, *strict, "-c", "fetch.unpackLimit=1", "-c", "core.bigFileThreshold=16m", "fetch", "--quiet",
            "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--", url, f"{ref}:refs/heads/{BRANCH}",
        )  # fmt: skip
    if status != 0:
        raise clone_refusal(bare, url, said)
    return base_in(shown) if ref == "HEAD" else branch


def base_in(shown: str) -> str:
    """Return the name of the branch that HEAD was, as `ls-remote --symref` shows it."""
    found = _BASE.match(shown)
    return found[1] if found else "HEAD"


def git_output(bare: Path, env: dict[str, str], *args: str) -> tuple[int, str, str]:
    """Run git within the limits of a clone; return its exit status, its output, and its errors."""
    process = start_git(bare, *args, env=env, seconds=CLONE_SECONDS, max_bytes=MAX_CLONE_BYTES)
    shown, said = process.communicate()
    return process.returncode, _text(shown)[:10_000], redact(_text(said))


def clone_refusal(bare: Path, url: str, said: str) -> Invalid | Unavailable:
    """Return why nothing was cloned."""
    size = sum(file.stat().st_size for file in (bare / "objects").rglob("*") if file.is_file())
    if size > 0.9 * MAX_CLONE_BYTES:
        return Invalid(f"{url} is larger than {MAX_CLONE_BYTES >> 20} MB, more than the company clones")
    if "couldn't find remote ref" in said:
        return Invalid(f"{url} has no commit on its default branch yet; commit something there first")
    if "dubious ownership" in said:
        return Invalid(f"{url} belongs to another user of this machine; name a clone that is yours")
    words = one_line(said, MAX_SAID_CHARS) or f"it did not end within {CLONE_SECONDS:g} s"
    if "redirect" in said or "could not read Username" in said:
        return Invalid(
            f"{url} cannot be cloned: {words}; give the address that it leads to (most end in .git), and clone what is "
            "not public yourself and name the folder"
        )
    if "fsck" in said or "bad" in said:
        return Invalid(f"{url} has what git calls damaged or dangerous: {words}")
    return Unavailable(f"{url} cannot be cloned: {words}")


def check_contents(bare: Path, sha: str) -> None:
    """Raise Invalid, or PathOutsideFolder, if a commit has what the company cannot work with."""
    process = start_git(bare, "ls-tree", "-r", "-t", "-l", "-z", "--full-tree", sha, env={}, seconds=CLONE_SECONDS)
    data = bytes(process.stdout.read(MAX_LISTING_BYTES + 1))
    if len(data) > MAX_LISTING_BYTES:
        process.terminate()
    else:
        process.wait()
    entries = [found.groups() for found in map(_ENTRY.fullmatch, data.decode(errors="replace").split("\0")) if found]
    sizes = [int(size) for _, _, size, _ in entries if size != "-"]
    if len(data) > MAX_LISTING_BYTES or len(entries) > MAX_ENTRIES or sum(sizes) > MAX_TREE_BYTES:
        raise Invalid(f"the repository has more than {MAX_ENTRIES} files or {MAX_TREE_BYTES >> 20} MB")
    for _, kind, size, path in entries:
        if kind == "commit":
            raise Invalid(
                f"the repository has a submodule at {one_line(path, 200)}, which the company cannot work with"
            )
        if size != "-" and int(size) > MAX_FILE_BYTES:
            raise Invalid(f"{one_line(path, 200)} is larger than {MAX_FILE_BYTES >> 20} MB")
    with open_objects(bare) as objects:
        for file in objects.files(sha):
            if file.data.startswith(LFS):
                shown = one_line("/".join(file.path), 200)
                raise Invalid(
                    f"{shown} is kept in Git LFS, from which nothing is fetched; the company cannot work with it"
                )


def _text(given: bytes | str) -> str:
    return given if isinstance(given, str) else given.decode("utf-8", "replace")
