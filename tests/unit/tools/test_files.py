"""The tools on files: what a model reads when it does the right thing and when it does not."""

from damascus.core.records.tasks import Task
from tests.fixtures.workbench import Workbench

CODE = {"kind": "code", "name": "invoicer", "test_command": "python3 -m unittest discover -s tests"}


async def coder(workbench: Workbench) -> Task:
    task = await workbench.task(deliverable=CODE)
    made = await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    assert made.text.startswith("created repository invoicer")
    return task


async def test_files_need_a_repository_first(workbench: Workbench) -> None:
    task = await workbench.task(deliverable=CODE)
    for tool, arguments in {"write_file": {"path": "a", "content": "x"}, "read_file": {"path": "a"}}.items():
        assert "create_repository" in (await workbench.call(task, tool, **arguments)).text


async def test_a_file_is_written_read_edited_listed_and_found(workbench: Workbench) -> None:
    task = await coder(workbench)
    assert (await workbench.call(task, "write_file", path="src/a.py", content="x = 1\ny = 2\n")).text.startswith(
        "created"
    )
    assert (
        await workbench.call(task, "edit_file", path="src/a.py", old="y = 2", new="y = 3")
    ).text == "changed src/a.py"
    assert (await workbench.call(task, "read_file", path="src/a.py")).text == "x = 1\ny = 3\n"
    assert (await workbench.call(task, "list_files")).text == "src/a.py (12)"
    assert (await workbench.call(task, "search_files", pattern="Y = 3")).text == "src/a.py:2: y = 3"
    assert (await workbench.call(task, "search_files", pattern="(a+)+$")).text == "no line contains it"


async def test_an_edit_must_name_one_passage(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="a", content="one one\n")
    assert "occurs 2 times" in (await workbench.call(task, "edit_file", path="a", old="one", new="two")).text
    assert "does not occur" in (await workbench.call(task, "edit_file", path="a", old="three", new="two")).text
    assert (await workbench.call(task, "read_file", path="a")).text == "one one\n"


async def test_a_long_file_is_read_in_pieces(workbench: Workbench) -> None:
    task = await coder(workbench)
    lines = [f"line {n} {'.' * 90}\n" for n in range(1, 1001)]
    await workbench.call(task, "write_file", path="long", content="".join(lines))
    text, first = "", 1
    while True:
        piece, _, more = (await workbench.call(task, "read_file", path="long", first_line=first)).text.partition(
            "\n[lines "
        )
        text += piece
        if not more:
            break
        first = int(more.rsplit("=", 1)[1].rstrip("]"))
    assert text == "".join(lines)


async def test_what_is_not_text_or_too_large_is_said_so(workbench: Workbench) -> None:
    task = await coder(workbench)
    (workbench.workspace("invoicer") / "b.bin").write_bytes(b"\x00\x01")
    (workbench.workspace("invoicer") / "l.txt").write_bytes(b"\xff\xfe latin")
    (workbench.workspace("invoicer") / "huge").write_bytes(b"x" * 2_000_000)
    assert "binary" in (await workbench.call(task, "read_file", path="b.bin")).text
    assert "not UTF-8" in (await workbench.call(task, "read_file", path="l.txt")).text
    assert "larger than" in (await workbench.call(task, "read_file", path="huge")).text
    assert "at most" in (await workbench.call(task, "write_file", path="w", content="é" * 600_000)).text
    assert "NUL" in (await workbench.call(task, "write_file", path="w", content="a\0b")).text


async def test_a_tree_without_end_is_listed_and_searched_within_bounds(workbench: Workbench) -> None:
    task = await coder(workbench)
    deep = workbench.workspace("invoicer")
    for _ in range(200):
        deep = deep / "d"
        deep.mkdir()
    (deep / "needle").write_text("needle")
    wide = workbench.workspace("invoicer") / "wide"
    wide.mkdir()
    for n in range(600):
        (wide / f"f{n}").write_text("hay")
    (workbench.workspace("invoicer") / b"bad\xff".decode(errors="surrogateescape")).write_text("needle")
    listed = (await workbench.call(task, "list_files")).text
    assert "there are more" in listed
    assert len(listed.splitlines()) <= 501
    assert "not everything" in (await workbench.call(task, "search_files", pattern="needle")).text


async def test_the_name_of_a_file_cannot_pass_for_another_line(workbench: Workbench) -> None:
    task = await coder(workbench)
    (workbench.workspace("invoicer") / "a (1)\nb\x1b[2J\u2028c").write_text("needle")
    assert (await workbench.call(task, "list_files")).text == "a (1)?b?[2J?c (6)"
    assert (await workbench.call(task, "search_files", pattern="needle")).text == "no line contains it"


async def test_a_way_out_is_refused_in_words(workbench: Workbench) -> None:
    task = await coder(workbench)
    (workbench.workspace("invoicer") / "link").symlink_to(workbench.services.shared)
    assert "leads upwards" in (await workbench.call(task, "read_file", path="../../x")).text
    assert "not relative" in (await workbench.call(task, "write_file", path="/tmp/x", content="x")).text
    assert "link" in (await workbench.call(task, "list_files", path="link")).text
    assert ".git" in (await workbench.call(task, "write_file", path=".git/hooks/pre-commit", content="x")).text
