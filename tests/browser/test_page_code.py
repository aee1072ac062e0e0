"""The code that a mission made, read as it was pushed: commits with what is proven of each, folders, files."""

import re
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, keep_picture
from tests.fixtures.company import Company

SAAS = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"
HOSTILE = "<img src=x onerror=window.ran=1>&path=b#c.py"


def _git(*args: str, at: Path) -> None:
    who = ("-c", "user.name=Eve", "-c", "user.email=eve@example.com")
    subprocess.run(("git", *who, *args), cwd=at, check=True, capture_output=True)


def _push_strange_files(url: str, folder: Path) -> None:
    """A stranger pushes what no page may stumble over."""
    _git("clone", "--quiet", url, "copy", at=folder)
    copy = folder / "copy"
    (copy / "deep/er").mkdir(parents=True)
    (copy / "deep/er" / HOSTILE).write_text("<script>window.ran = 2</script>\nlast line\n")
    (copy / "picture.png").write_bytes(b"\x89PNG\0\xff")
    (copy / "large.txt").write_text("0123456789abcde\n" * 20_000)
    (copy / "way-out").symlink_to("/etc/passwd")
    _git("add", ".", at=copy)
    _git("commit", "--quiet", "--message", "<i>strange</i> files", at=copy)
    _git("push", "--quiet", at=copy)


def test_code_is_read_by_commit_folder_and_file_and_a_hit_opens_its_file(
    page: Page, company: Company, tmp_path: Path
) -> None:
    mission = company.ended(company.give(SAAS))
    repository = mission["repositories"][0]
    page.goto("/library")
    page.get_by_role("link", name=repository["name"], exact=True).first.click()
    page.wait_for_url(f"**/library/code/{repository['id']}")
    proven = page.locator(f"[data-commit='{repository['head']}']")
    expect(proven).to_contain_text("holds: ")
    page.get_by_role("link", name="README.md (file)").click()
    expect(page.get_by_role("heading", name="README.md")).to_be_visible()
    content = page.get_by_role("region", name="Content, line by line")
    path = f"/api/repositories/{repository['id']}/file"
    text = company.ask("GET", path, params={"path": "README.md"}).json()["text"]
    assert content.locator("pre").last.inner_text().strip() == text.strip()
    assert content.locator("pre").first.inner_text().split()[-1] == str(len(text.splitlines()))
    keep_picture(page, "code-file")

    _push_strange_files(repository["url"], tmp_path)
    page.goto(f"/library/code/{repository['id']}")
    newest = page.locator("[data-commit]").first
    expect(newest).to_contain_text("<i>strange</i> files")
    expect(newest).to_contain_text("Eve <eve@example.com>")
    expect(newest).to_contain_text("nothing was checked of exactly this commit")
    page.get_by_role("link", name="picture.png (file)").click()
    expect(page.get_by_text("It is no text (binary, or not UTF-8), so it is not shown.")).to_be_visible()
    page.get_by_role("link", name="way-out (link)").click()
    expect(page.get_by_text("A link, which is not followed, to /etc/passwd")).to_be_visible()
    page.get_by_role("link", name="large.txt (file)").click()
    expect(page.get_by_text("of its beginning; a clone has the rest")).to_be_visible()
    page.get_by_role("link", name="deep (folder)").click()
    page.get_by_role("link", name="er (folder)").click()
    page.get_by_role("link", name=f"{HOSTILE} (file)").click()
    expect(content).to_contain_text("<script>window.ran = 2</script>")
    assert page.evaluate("window.ran") is None
    page.get_by_role("link", name=repository["head"][:12]).click()
    expect(page.get_by_role("link", name="README.md (file)")).to_be_visible()
    expect(page.get_by_role("link", name="picture.png (file)")).to_have_count(0)  # it was not there yet
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="README.md (file)").click()
    expect(content).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    page.goto("/search?q=readme.md")
    hit = page.locator("li").filter(has=page.get_by_text("code", exact=True)).first
    hit.get_by_role("link").click()
    page.wait_for_url(re.compile(r"/library/code/[^?]+\?path=README\.md$"))
    expect(content).to_be_visible()
