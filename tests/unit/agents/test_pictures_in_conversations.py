"""A picture that a call made stands behind the results of its answer, is read again by its digest, and folded later."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agents import conversation, pictures
from agents.folding import KEPT_ANSWERS, MIN_FOLDED_CHARS
from damascus.core.clock import FixedClock
from damascus.core.records.turns import PICTURES, Picture, Speaker, Turn, TurnStatus
from tests.fixtures.pictures import png

PNG = png(300, 200)
PATH = "reports/m/screenshots/front.png"
NOW = FixedClock().now()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A shared folder with one picture."""
    folder = tmp_path / "shared"
    (folder / PATH).parent.mkdir(parents=True)
    (folder / PATH).write_bytes(PNG)
    return folder


def picture(path: str = PATH, data: bytes = PNG) -> Picture:
    return Picture(path, hashlib.sha256(data).hexdigest(), 300, 200)


def turn(n: int, speaker: Speaker, content: str = "", tool: str | None = None, made: Picture | None = None) -> Turn:
    return Turn(
        id=f"turn_{n}", task_id="task_1", n=n, speaker=speaker, content=content, call_id=f"c{n}" if tool else None,
        tool=tool, arguments={} if tool else None, status=TurnStatus.DONE, created_at=NOW, done_at=NOW, picture=made,
    )  # fmt: skip


def said(*tools: tuple[str, Picture | None], start: int = 1, text: str = "done") -> list[Turn]:
    """One answer of the model with these calls and their results."""
    calls = [turn(start + n, Speaker.TOOL, text, tool, made) for n, (tool, made) in enumerate(tools, 1)]
    return [turn(start, Speaker.ASSISTANT, "I look."), *calls]


def sent(turns: list[Turn], shared: Path) -> list[dict]:
    return conversation.messages(turns, partial(pictures.shown, shared))


def test_it_stands_behind_all_results_of_its_answer(shared: Path) -> None:
    turns = [*said(("screenshot", picture()), ("run_command", None)), *said(("finish", None), start=4)]
    chat = sent(turns, shared)
    assert [message["role"] for message in chat] == ["assistant", "tool", "tool", "user", "assistant", "tool"]
    (shown,) = chat[3][PICTURES]
    assert (shown.png, shown.picture) == (PNG, picture())
    assert PATH in chat[3]["content"]
    assert "no order" in chat[3]["content"]


def test_what_was_sent_stays_a_beginning_of_what_is_sent_later(shared: Path) -> None:
    turns = said(("screenshot", picture()))
    more = [*turns, *said(("screenshot", picture()), start=3), turn(5, Speaker.USER, "go on")]
    assert sent(more, shared)[: len(sent(turns, shared))] == sent(turns, shared)


@pytest.mark.parametrize("change", ["removed", "changed", "link", "folder"])
def test_a_file_that_is_not_what_the_call_made_is_not_shown(shared: Path, tmp_path: Path, change: str) -> None:
    place = shared / PATH
    place.unlink()
    if change == "changed":
        place.write_bytes(png(300, 200, b"x"))
    elif change == "link":
        other = tmp_path / "secret.png"
        other.write_bytes(PNG)
        place.symlink_to(other)
    elif change == "folder":
        place.mkdir()
    message = sent(said(("screenshot", picture())), shared)[-1]
    assert message[PICTURES] == []
    assert message["content"].endswith(conversation.GONE)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/hostname", "reports/../../secret.png"])
def test_a_path_that_leads_out_shows_nothing(shared: Path, path: str) -> None:
    (shared.parent / "secret.png").write_bytes(PNG)
    assert pictures.shown(shared, picture(path)) is None


def test_an_old_picture_is_folded_with_the_other_long_texts(shared: Path) -> None:
    long = "x" * MIN_FOLDED_CHARS
    turns = said(("screenshot", picture()), ("run_command", None), text=long)
    for n in range(KEPT_ANSWERS):
        turns += said(("read_trail", None), start=10 + 2 * n)
    chat = sent(turns, shared)
    assert not any(PICTURES in message for message in chat)
    assert "its picture was shown here; take it again to see it" in chat[1]["content"]


def test_a_picture_counts_as_a_long_text_by_itself(shared: Path) -> None:
    few, turns = 4, list[Turn]()
    for n in range(few):
        turns += said(("screenshot", picture()), start=1 + 2 * n)
    for n in range(KEPT_ANSWERS):
        turns += said(("read_trail", None), start=20 + 2 * n)
    assert not any(PICTURES in message for message in sent(turns, shared))
    without = [replace(one, picture=None) for one in turns]
    assert "its picture" not in str(sent(without, shared))
