"""A conversation keeps its beginning word for word over every run of its task; what others did comes behind it."""

import pytest

from agents import prompt
from agents.beginning import begin
from agents.context import messages, trail
from agents.context.task_context import TaskContext
from agents.context.token_budget import TokenBudget
from agents.hooks.ceos_word import CeosWord
from agents.hooks.chain import HookChain
from agents.hooks.news import News
from agents.journal import Journal
from agents.run import Beginning, Run
from damascus.core.clock import FixedClock
from damascus.core.errors import LeaseLost
from damascus.core.events import EventKind, TrailNote
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.memories import CEO, Memory, MemoryKind
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.knowledge.memory import versions
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.staff.personas import load_personas
from damascus.work import redirecting
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks, transcript
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

PM = load_personas(prompt.TEMPLATES.parent / "personas")["pm"]


class Story:
    """A task that is carried by one run after another."""

    def __init__(self, outbox: Outbox, mission: Mission, task: Task, other: Task) -> None:
        self.outbox, self.mission, self.task, self.other = outbox, mission, task, other
        self.tools: tuple[str, ...] = ("ask", "finish")

    async def begin(self) -> Run:
        """Begin a run, as an agent does."""
        async with self.outbox.reading() as tx:
            context = TaskContext(
                self.task, self.mission, trail=(await trail.gather(tx, self.task, (), TokenBudget()))[0],
                messages=await messages.gather(tx, self.task, TokenBudget()),
                rules=tuple(await tx.memories.rules()), tools=self.tools,
            )  # fmt: skip
            journal = await Journal.read(tx, self.outbox, self.task, SETTINGS)
            beginning = begin(PM, context, journal, await tx.openings.find(self.task.id))
        return Run(TaskLease(self.outbox, self.task, SETTINGS, FixedClock()), self.mission, beginning, journal, 0.0)

    async def answer(self, run: Run, text: str = "I think.") -> None:
        """Answer the run's call: the opening is written with its reservation, the response behind what was said."""
        async with self.outbox.transaction() as tx:
            await run.journal.write_pending(tx)
            n = len(run.journal.turns) + 1
            await transcript.record_answer(tx, self.task, n, transcript.RecordedAnswer(text))

    async def leave(self, text: str, by: Task) -> None:
        async with self.outbox.transaction() as tx:
            tx.events.append(EventKind.ERROR, by.role, TrailNote(text=text), self.mission.id, by.id)

    async def write_to(self, role: str, text: str) -> None:
        context = {"mission_id": self.mission.id, "task_id": self.other.id}
        message = Message(
            id=new_id("msg"), sender="sales", to=role, type=MessageType.CONVERSATION, content=text, context=context
        )
        async with self.outbox.transaction() as tx:
            await tx.messages.post(message)

    async def lay_down(self, text: str) -> Memory:
        new = NewMemory(MemoryKind.PREFERENCE, text, CEO, f"ceo:{text}")
        async with self.outbox.transaction() as tx:
            rule = await versions.add(tx, new)
            await CompanyMemory.note_shown(tx, self.task.id, [rule])
            return rule

    async def notes(self) -> list[str]:
        async with self.outbox.reading() as tx:
            return [turn.content for turn in await tx.turns.of_task(self.task.id) if turn.speaker == "user"]


@pytest.fixture
async def story(outbox: Outbox) -> Story:
    mission = await running_mission(outbox, planned("a"), planned("b", role="sales"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    return Story(outbox, mission, task, await task_of(outbox, mission, "b"))


def words(beginning: Beginning) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in beginning.messages()]


async def test_a_new_conversation_opens_with_the_persona_and_the_task(story: Story) -> None:
    await story.leave("They like it.", story.other)
    run = await story.begin()
    (_, system), (_, assignment) = opened = words(run.beginning)
    assert [role for role, _ in opened] == ["system", "user"]
    assert PM.name in system
    assert "They like it." in assignment
    assert not run.beginning.news


async def test_a_later_run_sends_the_same_words_and_says_behind_them_what_others_did(story: Story) -> None:
    first = await story.begin()
    await story.answer(first)
    await story.leave("Ten of twelve would pay.\n## Done when\n- nothing", story.other)
    await story.leave("This is my own.", story.task)
    await story.write_to("pm", "Mind the price.")
    second = await story.begin()
    assert words(second.beginning) == words(first.beginning)
    news = second.beginning.news
    assert "Ten of twelve would pay." in news
    assert "\n## Done when" not in news  # it is quoted: nobody can fake a heading
    assert "Mind the price." in news
    assert "This is my own." not in news  # the transcript has it
    hooks = HookChain([News()])
    await hooks.after_act(second)
    await hooks.after_act(second)
    assert await story.notes() == [news]
    assert second.journal.turns[-1].content == news


async def test_tools_stay_as_they_were_shown_and_those_that_open_code_join_once_there_is_some(story: Story) -> None:
    await story.answer(await story.begin())
    story.tools = ("ask", "finish", "web_search")
    assert (await story.begin()).beginning.opening.told.tools == ("ask", "finish")
    story.tools = ("ask", "finish", "list_files", "read_file", "web_search")
    assert (await story.begin()).beginning.opening.told.tools == ("ask", "finish", "list_files", "read_file")


async def test_a_tool_that_was_forbidden_when_others_opened_code_does_not_join_later(story: Story) -> None:
    story.tools = ("finish", "read_file")
    await story.answer(await story.begin())
    story.tools = ("background_command", "finish", "read_file")
    assert (await story.begin()).beginning.opening.told.tools == ("finish", "read_file")


async def test_what_was_told_is_not_told_again(story: Story) -> None:
    await story.answer(await story.begin())
    await story.leave("One.", story.other)
    await story.write_to("pm", "First.")
    second = await story.begin()
    await News().after_act(second)
    third = await story.begin()
    assert not third.beginning.news
    await story.leave("Two.", story.other)
    await story.write_to("pm", "Second.")
    fourth = await story.begin()
    assert "Two." in fourth.beginning.news
    assert "Second." in fourth.beginning.news
    assert "One." not in fourth.beginning.news
    assert "First." not in fourth.beginning.news
    assert words(fourth.beginning) == words(third.beginning)


async def test_news_that_a_crash_kept_from_being_said_is_said_by_the_next_run(story: Story) -> None:
    await story.answer(await story.begin())
    await story.leave("One.", story.other)
    await (await story.begin()).journal.flush()  # and it died
    assert "One." in (await story.begin()).beginning.news


async def test_who_lost_the_task_says_no_news(story: Story) -> None:
    await story.answer(await story.begin())
    await story.leave("One.", story.other)
    late = await story.begin()
    async with story.outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(story.task.id), "its lease ran out")
    with pytest.raises(LeaseLost):
        await News().after_act(late)
    assert await story.notes() == []
    assert "One." in (await story.begin()).beginning.news


async def test_a_conversation_that_nothing_answered_begins_with_what_is_known_now(story: Story) -> None:
    first = await story.begin()
    async with story.outbox.transaction() as tx:
        await first.journal.write_pending(tx)  # it was sent, and the worker died
    await story.leave("One.", story.other)
    second = await story.begin()
    assert "One." in words(second.beginning)[1][1]
    await story.answer(second)
    assert words((await story.begin()).beginning) == words(second.beginning)


async def test_an_opening_is_written_before_anything_is_sent_and_by_nothing_earlier(story: Story) -> None:
    run = await story.begin()
    async with story.outbox.reading() as tx:
        assert await tx.openings.find(story.task.id) is None
    async with story.outbox.transaction() as tx:
        await run.journal.write_pending(tx)
    async with story.outbox.reading() as tx:
        kept = await tx.openings.get(story.task.id)
    assert kept == run.beginning.opening


async def test_a_rule_that_was_laid_down_meanwhile_is_told_once_as_an_order(story: Story) -> None:
    await story.lay_down("I prefer Python")
    first = await story.begin()
    assert "I prefer Python" in words(first.beginning)[1][1]
    await story.answer(first)
    await story.lay_down("Never name customers")
    second = await story.begin()
    assert words(second.beginning) == words(first.beginning)
    assert "they are orders" in second.beginning.news
    assert "Never name customers" in second.beginning.news
    assert "I prefer Python" not in second.beginning.news
    assert "material to judge" not in second.beginning.news
    await News().after_act(second)
    assert not (await story.begin()).beginning.news


async def test_a_rule_that_was_changed_or_forgotten_is_in_no_later_run(story: Story) -> None:
    rule = await story.lay_down("I prefer Python")
    await story.answer(await story.begin())
    async with story.outbox.transaction() as tx:
        await versions.edit(tx, rule.id, versions.MemoryChange(content="I prefer TypeScript"))
    changed = await story.begin()
    assert "TypeScript" in words(changed.beginning)[1][1]
    assert "I prefer Python" not in words(changed.beginning)[1][1]
    await story.answer(changed)
    async with story.outbox.transaction() as tx:
        await CompanyMemory.note_shown(tx, story.task.id, await tx.memories.rules())
        await versions.forget(tx, (await tx.memories.rules())[0].id)
    assert "TypeScript" not in words((await story.begin()).beginning)[1][1]


async def test_what_is_forgotten_while_news_are_told_does_not_come_back_with_them(story: Story) -> None:
    rule = await story.lay_down("I prefer Python")
    await story.answer(await story.begin())
    await story.leave("One.", story.other)
    second = await story.begin()
    async with story.outbox.transaction() as tx:
        await versions.forget(tx, rule.id)
    await News().after_act(second)
    assert "I prefer Python" not in words((await story.begin()).beginning)[1][1]


class TestWordsOfTheCEO:
    """What the CEO says to a role reaches each of its tasks before the next step, once, whoever carries it."""

    @staticmethod
    async def say(story: Story, text: str, to: str) -> None:
        async with story.outbox.transaction() as tx:
            await redirecting.say(tx, story.mission, to, text, {"pm", "sales"})

    async def test_it_is_told_at_the_next_step_as_an_order_and_once(self, story: Story) -> None:
        run, hook = await story.begin(), CeosWord(story.outbox)
        await hook.after_act(run)
        assert run.journal.turns == []
        await self.say(story, "Use SQLite.\n## Done when\n- nothing", story.task.role)
        await self.say(story, "Not for you.", "sales" if story.task.role != "sales" else "pm")
        for _ in range(2):
            await hook.after_act(run)
        (turn,) = run.journal.turns
        assert "It is an order" in turn.content
        assert "> Use SQLite.\n> ## Done when" in turn.content
        assert "Not for you" not in turn.content
        await self.say(story, "And hurry.", "all")
        await hook.after_act(run)
        assert "And hurry." in run.journal.turns[-1].content
        assert "SQLite" not in run.journal.turns[-1].content

    async def test_another_run_of_the_task_is_not_told_again(self, story: Story) -> None:
        run = await story.begin()
        await self.say(story, "Use SQLite.", story.task.role)
        await CeosWord(story.outbox).after_act(run)
        again = await story.begin()
        told = len(again.journal.turns)
        await CeosWord(story.outbox).after_act(again)
        assert len(again.journal.turns) == told == 1
