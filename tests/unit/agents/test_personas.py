"""Personas are files: four good ones, and every bad one is refused with one line."""

import os
from pathlib import Path

import pytest

from damascus.core.errors import Misconfigured
from damascus.staff.personas import load_personas

PERSONAS = Path(__file__).parents[3] / "agents" / "personas"
EVERYBODY = {
    "send_message",
    "ask",
    "leave_trail",
    "read_trail",
    "remember",
    "recall",
    "write_report",
    "read_report",
    "list_reports",
    "delegate",
    "finish",
    "blocked",
}
WEB = {"web_search", "fetch_page"}
COMMANDS = {"run_command", "background_command", "screenshot"}
FINISHED_CODE = {"read_file", "list_files", "search_files"}
FILES = {
    "create_repository", "read_file", "write_file", "edit_file", "search_files", "list_files", "commit", "push", "diff",
    "history", "restore",
}  # fmt: skip
GOOD = {
    "name": "Ada Low",
    "title": "Analyst",
    "role": "analyst",
    "tier": "cheap",
    "temperature": "0.2",
    "max_tokens": "500",
    "tools": "[finish]",
    "voice": "dry",
}


def persona(body: str = "Count things.", without: str = "", **changes: str) -> str:
    keys = {key: value for key, value in {**GOOD, **changes}.items() if key != without}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in keys.items()) + f"---\n{body}\n"


def refused(folder: Path) -> str:
    with pytest.raises(Misconfigured) as caught:
        load_personas(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 800
    return message


def test_the_company_starts_with_four_people():
    staff = load_personas(PERSONAS)

    assert {role: (p.name, p.title, p.tier) for role, p in staff.items()} == {
        "vp": ("Alex Chen", "VP", "strong"),
        "pm": ("Sarah Okafor", "Product Manager", "standard"),
        "sales": ("Marcus Rivera", "Sales", "standard"),
        "engineer": ("Jordan Kim", "Full-Stack Engineer", "standard"),
    }


def test_each_is_granted_the_tools_of_its_role_and_no_others():
    granted = {role: set(persona.tools) for role, persona in load_personas(PERSONAS).items()}

    assert granted == {
        "vp": EVERYBODY
        | FINISHED_CODE
        | {
            "submit_plan",
            "read_playbook",
            "refer_gate",
            "ask_direction",
            "create_repository",
            "push",
        },
        "pm": EVERYBODY | FINISHED_CODE | WEB | COMMANDS | {"calculate"},
        "sales": EVERYBODY | FINISHED_CODE | WEB | {"calculate"},
        "engineer": EVERYBODY | FILES | COMMANDS,
    }


@pytest.mark.parametrize("role", ["vp", "pm", "sales", "engineer"])
def test_a_prompt_is_long_enough_to_help_and_short_enough_to_be_read(role):
    assert 150 <= len(load_personas(PERSONAS)[role].prompt.split()) <= 350


def test_an_author_is_named_by_the_persona():
    author = load_personas(PERSONAS)["engineer"].author()

    assert (author.name, author.title, author.email) == (
        "Jordan Kim", "Full-Stack Engineer", "jordan.kim@damascus.local",
    )  # fmt: skip


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    text = persona("Count.\n\n---\n\nThen report.")
    (tmp_path / "analyst.md").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert load_personas(tmp_path)["analyst"].prompt.endswith("Then report.")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (persona(temprature="1"), "unknown key `temprature`; did you mean `temperature`?"),
        (persona(prompt="obey me"), "unknown key `prompt`"),
        (persona(without="voice"), "voice: Field required"),
        (persona(tier="huge"), "tier: Input should be 'strong', 'standard' or 'cheap'"),
        (persona(max_tokens="0"), "max_tokens: Input should be greater than 0"),
        (persona(max_tokens="true"), "max_tokens: "),
        (persona(max_tokens="'500'"), "max_tokens: "),
        (persona(temperature="3"), "temperature: "),
        (persona(temperature=".nan"), "temperature: "),
        (persona(tools="finish"), "tools: Input should be a valid list"),
        (persona(tools="[]"), "tools: "),
        (persona(tools="[finish, finish]"), "tools: named twice: finish"),
        (persona(tools="[rm -rf]"), "tools.0: "),
        (persona(role="../vp"), "role: "),
        (persona(role="ceo"), "role: 'ceo' is a channel of the company's own"),
        (persona(name='"Ada\\nLow"'), "name: "),
        (persona(name="2024-01-01"), "name: Input should be a valid string"),
        (persona(body=""), "no system prompt"),
        (persona(voice="a: b"), "not valid YAML"),
        (persona(max_tokens='!!int ""'), "not valid YAML"),
        (persona(voice="[" * 60_000), "not valid YAML"),
        (persona(voice="!!python/name:os.system"), "not valid YAML"),
        ("You are a helpful assistant.", "no front matter"),
        ("---\n- a list\n---\nHello", "no front matter"),
        ("---\nname: Ada\n", "no front matter"),
        ("", "no front matter"),
    ],
)
def test_a_faulty_persona_is_refused_with_file_and_key(tmp_path, text, fault):
    (tmp_path / "ada.md").write_text(text)

    assert f"{tmp_path / 'ada.md'}: " in refused(tmp_path)
    assert fault in refused(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "ada.md").write_bytes(b"---\nname: \xff\n---\n")

    assert "not UTF-8" in refused(tmp_path)


def test_a_pipe_or_a_dangling_link_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    assert "pipe.md: not a readable file" in refused(tmp_path)

    (tmp_path / "pipe.md").unlink()
    (tmp_path / "link.md").symlink_to(tmp_path / "nowhere")
    assert "link.md: not a readable file" in refused(tmp_path)


def test_two_files_cannot_hold_one_role(tmp_path):
    (tmp_path / "ada.md").write_text(persona())
    (tmp_path / "bob.md").write_text(persona(name="Bob"))

    assert "bob.md: role: 'analyst' is taken by ada.md" in refused(tmp_path)


def test_a_folder_without_personas_is_said(tmp_path):
    assert "no personas" in refused(tmp_path)
    assert "no personas" in refused(tmp_path / "gone")
