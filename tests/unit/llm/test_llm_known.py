"""What is known of a model, from where, and which of several sources counts."""

import pytest

from damascus.core.records.learnt_models import LearntModel
from damascus.core.settings import NamedModel
from damascus.llm.known_models import KnownModels, OwnLearntModels
from damascus.llm.told import ToldModel


class Told:
    """A server that told this of every model."""

    def __init__(self, *told):
        self._told = ToldModel(*told)

    def told(self, _model):
        return self._told


async def known(told=(), lesson=None, **named):
    models = KnownModels("http://h/v1", {"m": NamedModel.model_validate(named)}, OwnLearntModels(), Told(*told))
    await models.learn("m", lesson or LearntModel())
    return models


@pytest.mark.parametrize(
    ("named", "told", "learnt", "window", "says"),
    [
        (None, None, None, None, []),
        (None, 8_000, None, 8_000, ["context window 8000 (told by the server)"]),
        (9_000, 8_000, None, 9_000, ["context window 9000 (config)"]),
        (9_000, None, 4_000, 4_000, ["context window 4000 (learnt)"]),
        (None, 8_000, 8_000, 8_000, ["context window 8000 (told by the server)"]),
        (None, 4_000, 8_000, 4_000, ["context window 4000 (told by the server)"]),
        (None, None, 4_000, 4_000, ["context window 4000 (learnt)"]),
    ],
)
async def test_the_settings_go_before_the_server_and_a_refusal_before_both(named, told, learnt, window, says):
    given = {} if named is None else {"context_window": named}
    models = await known((told,), LearntModel(window=learnt), **given)
    assert models.of("m").window == window
    assert list(models.facts("m")) == says


async def test_the_limit_of_output_has_the_same_sources():
    models = await known((None, 900), LearntModel(max_tokens=800), max_output_tokens=1_000)
    assert models.of("m").max_tokens == 800
    assert list(models.facts("m")) == ["output at most 800 (learnt)"]
    assert (await known((None, 900), None, max_output_tokens=1_000)).of("m").max_tokens == 1_000
    assert (await known((None, 900))).of("m").max_tokens == 900


async def test_all_that_is_known_is_told_with_its_source():
    lesson = LearntModel(("temperature", "user"), ("reasoning_content",), True, 7, True, 8, 9)
    assert list((await known(lesson=lesson, start_timeout=30)).facts("m")) == [
        "context window 9 (learnt)",
        "output at most 7 (learnt)",
        "silent for 30 s at most (config)",
        "requests below 8 bytes (learnt)",
        "not streamed (learnt)",
        "takes `max_completion_tokens` (learnt)",
        "takes no temperature, user (learnt)",
        "needs reasoning_content (learnt)",
    ]
    assert list((await known(lesson=lesson, stream=False)).facts("m"))[3] == "not streamed (config)"


def test_lessons_add_up_and_the_later_one_counts_where_they_contradict():
    refuses, needs = LearntModel(refused=("a", "b")), LearntModel(needed=("b",))
    assert refuses.with_also(needs) == LearntModel(("a",), ("b",))
    assert needs.with_also(refuses) == LearntModel(("a", "b"), ())
    assert LearntModel(max_tokens=5).with_also(LearntModel(max_tokens=9)).max_tokens == 5


def test_a_lesson_is_only_what_was_not_known():
    before = LearntModel(("a",), max_tokens=9)
    assert LearntModel(("a", "b"), max_tokens=9, whole=True).beyond(before) == LearntModel(("a", "b"), whole=True)
