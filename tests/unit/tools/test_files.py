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
    edited = (await workbench.call(task, "edit_file", path="src/a.py", old="y = 2", new="y = 3")).text
    assert edited == "changed src/a.py\n1\tx = 1\n2\ty = 3"
    assert (await workbench.call(task, "read_file", path="src/a.py")).text == "1\tx = 1\n2\ty = 3"
    assert (await workbench.call(task, "list_files")).text == "src/a.py (12)"
    assert (await workbench.call(task, "search_files", pattern="Y = 3")).text == "src/a.py:2: y = 3"
    assert (await workbench.call(task, "search_files", pattern="(a+)+$")).text == "no line contains it"


async def test_an_edit_must_name_one_passage(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="a", content="one one\n")
    assert "occurs 2 times" in (await workbench.call(task, "edit_file", path="a", old="one", new="two")).text
    assert "does not occur" in (await workbench.call(task, "edit_file", path="a", old="three", new="two")).text
    assert (await workbench.call(task, "read_file", path="a")).text == "1\tone one"


async def test_a_long_file_is_read_in_pieces(workbench: Workbench) -> None:
    task = await coder(workbench)
    lines = [f"line {n} {'.' * 90}" for n in range(1, 1001)]
    await workbench.call(task, "write_file", path="long", content="\n".join(lines) + "\n")
    read, first = list[str](), 1
    while True:
        *piece, last = (await workbench.call(task, "read_file", path="long", first_line=first)).text.splitlines()
        read += piece
        if "continue with first_line=" not in last:
            break
        first = int(last.rsplit("=", 1)[1].rstrip("]"))
    assert read == [f"{n}\t{line}" for n, line in enumerate(lines, start=1)]
    assert last.endswith("-1000 of 1000 lines]")


async def test_a_range_of_lines_is_read(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="f", content="".join(f"l{n}\n" for n in range(1, 10)))
    part = (await workbench.call(task, "read_file", path="f", first_line=3, last_line=4)).text
    assert part == "3\tl3\n4\tl4\n[3-4 of 9 lines]"
    assert (await workbench.call(task, "read_file", path="f", first_line=9, last_line=99)).text == (
        "9\tl9\n[9-9 of 9 lines]"
    )
    assert (await workbench.call(task, "read_file", path="f", first_line=10)).text == "(the file has 9 lines)"


async def test_several_passages_are_replaced_at_once_or_none_is(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="a", content="one\ntwo\nthree\ntwo\n")
    edits = [{"old": "one", "new": "1"}, {"old": "two", "new": "2", "replace_all": True}]
    done = (await workbench.call(task, "edit_file", path="a", edits=edits)).text
    assert done == "changed a\n1\t1\n2\t2\n3\tthree\n4\t2"
    wrong = (
        await workbench.call(task, "edit_file", path="a", edits=[*edits[:0], {"old": "1", "new": "x"}, edits[0]])
    ).text
    assert "edit 2: `old` does not occur in a; nothing was changed" in wrong
    assert (await workbench.call(task, "read_file", path="a")).text.startswith("1\t1\n")
    for arguments in ({}, {"old": "1"}, {"old": "1", "new": "2", "edits": edits}):
        assert "give `old` and `new`" in (await workbench.call(task, "edit_file", path="a", **arguments)).text


async def test_a_passage_that_is_not_there_is_answered_with_the_nearest(workbench: Workbench) -> None:
    task = await coder(workbench)
    content = "import x\n\ndef cells(exact):\n    return Cell(dates, round(exact), exact)\n\nend = 1\n"
    await workbench.call(task, "write_file", path="a.py", content=content)
    old = "def cells(exact):\n    return Cell(dates, round(exact, 0), exact)\n"
    said = (await workbench.call(task, "edit_file", path="a.py", old=old, new="x")).text
    assert said.endswith(
        "the nearest passage is:\n3\tdef cells(exact):\n4\t    return Cell(dates, round(exact), exact)\n5\t"
    )
    far = (await workbench.call(task, "edit_file", path="a.py", old="zzzzzzzzzzzz", new="x")).text
    assert far.endswith("read the file and copy the passage exactly")


async def test_files_are_searched_by_pattern_glob_and_context(workbench: Workbench) -> None:
    workbench.needs_jail()
    task = await coder(workbench)
    await workbench.call(
        task, "write_file", path="src/a.py", content="def one():\n    return 1\n\n\ndef two():\n    pass\n"
    )
    await workbench.call(task, "write_file", path="b.txt", content="def three\n")
    found = await workbench.call(task, "search_files", pattern=r"^DEF \w+\(", regex=True)
    assert found.text == "src/a.py:1: def one():\nsrc/a.py:5: def two():"
    for regex in (True, False):
        found = await workbench.call(task, "search_files", pattern="def", glob="*.py", context=1, regex=regex)
        assert found.text == (
            "src/a.py:1: def one():\nsrc/a.py-2-     return 1\n--\n"
            "src/a.py-4- \nsrc/a.py:5: def two():\nsrc/a.py-6-     pass"
        )
    assert "not a regular expression" in (await workbench.call(task, "search_files", pattern="(", regex=True)).text


async def test_a_pattern_without_end_is_stopped(workbench: Workbench) -> None:
    workbench.needs_jail()
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="a", content="a" * 60 + "!\n")
    found = await workbench.call(task, "search_files", pattern="(a+)+$", regex=True)
    assert "took longer than 10 seconds" in found.text


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
