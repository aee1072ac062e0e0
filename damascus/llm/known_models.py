"""What is known of each model, and from where: the settings, what its server tells, what was learnt of it.

The settings go before what a server tells; a refusal is believed before both.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from damascus.core.errors import Unavailable
from damascus.core.records.learnt_models import LearntModel, least
from damascus.core.settings import NamedModel
from damascus.llm.lookups import Lookups
from damascus.llm.pictures import PICTURE_FIELD
from damascus.llm.port import LearntModels

_log = logging.getLogger(__name__)


class OwnLearntModels:
    """`LearntModels` of one process alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], LearntModel] = {}

    async def read(self, url: str) -> Mapping[str, LearntModel]:
        return {model: known for (at, model), known in self._known.items() if at == url}

    async def change(self, url: str, model: str, change: Callable[[LearntModel], LearntModel]) -> LearntModel:
        self._known[url, model] = change(self._known.get((url, model), LearntModel()))
        return self._known[url, model]


class KnownModels:
    """What is known of the models at `url`; what this process has learnt is kept if it cannot be shared now."""

    def __init__(self, url: str, named: Mapping[str, NamedModel], shared: LearntModels, lookups: Lookups) -> None:
        self._url = url
        self._named = named
        self._shared = shared
        self._lookups = lookups
        self._learnt: dict[str, LearntModel] = {}
        self._not_shared: dict[str, LearntModel] = {}

    def named(self, model: str) -> NamedModel:
        """Return what the settings say of a model."""
        return self._named.get(model, NamedModel())

    def of(self, model: str) -> LearntModel:
        """Return all that is known of a model, from wherever."""
        learnt, named, told = self._learnt.get(model, LearntModel()), self.named(model), self._lookups.told(model)
        return replace(
            learnt,
            max_tokens=least(named.max_output_tokens or told.max_output, learnt.max_tokens),
            window=least(named.context_window or told.window, learnt.window),
            whole=learnt.whole or not named.stream,
        )

    def sees(self, model: str) -> bool:
        """Return True if a model is said to see pictures; a refusal of one (PICTURE_FIELD) goes before that."""
        named = self.named(model).vision
        return bool(self._lookups.told(model).vision if named is None else named)

    async def refresh(self) -> None:
        """Read what other processes have learnt, and share what could not be shared before."""
        try:
            for model, lesson in list(self._not_shared.items()):
                await self._share(model, lesson)
            self._learnt = dict(await self._shared.read(self._url))
        except Unavailable as error:
            _log.debug("what others have learnt of models cannot be read now: %s", error)

    async def learn(self, model: str, lesson: LearntModel) -> None:
        """Add to what is known of a model."""
        waiting = self._not_shared.get(model, LearntModel()).with_also(lesson)
        self._learnt[model] = self._learnt.get(model, LearntModel()).with_also(waiting)
        self._not_shared[model] = waiting
        try:
            await self._share(model, waiting)
        except Unavailable as error:
            _log.warning("what was learnt of model %s is not shared yet: %s", model, error)

    async def forget_sizes(self, model: str) -> None:
        """Forget what depends on how the server was started, to find it out again."""
        self._learnt[model] = self._learnt.get(model, LearntModel()).without_sizes()
        if model in self._not_shared:
            self._not_shared[model] = self._not_shared[model].without_sizes()
        try:
            self._learnt[model] = await self._shared.change(self._url, model, LearntModel.without_sizes)
        except Unavailable as error:
            _log.debug("the sizes of model %s are not forgotten by all: %s", model, error)

    async def _share(self, model: str, lesson: LearntModel) -> None:
        self._learnt[model] = await self._shared.change(self._url, model, lambda known: known.with_also(lesson))
        if self._not_shared.get(model) == lesson:
            del self._not_shared[model]

    def _sight(self, model: str) -> Iterator[str]:
        if self.sees(model) and PICTURE_FIELD not in self._learnt.get(model, LearntModel()).refused:
            yield f"sees pictures ({'told by the server' if self.named(model).vision is None else 'config'})"

    def facts(self, model: str) -> Iterator[str]:
        """Yield what is known of a model and from where, for people."""
        named, told, learnt = self.named(model), self._lookups.told(model), self._learnt.get(model, LearntModel())
        sizes = (
            ("context window", named.context_window, told.window, learnt.window),
            ("output at most", named.max_output_tokens, told.max_output, learnt.max_tokens),
        )
        for what, by_settings, by_server, by_refusal in sizes:
            given = by_settings or by_server
            if by_refusal is not None and (given is None or by_refusal < given):
                yield f"{what} {by_refusal} (learnt)"
            elif given is not None:
                yield f"{what} {given} ({'config' if by_settings else 'told by the server'})"
        yield from self._sight(model)
        if named.timeout or named.start_timeout:
            yield f"silent for {named.start_timeout or named.timeout:g} s at most (config)"
        if learnt.too_large is not None:
            yield f"requests below {learnt.too_large} bytes (learnt)"
        if not named.stream or learnt.whole:
            yield f"not streamed ({'learnt' if named.stream else 'config'})"
        if learnt.renamed_limit:
            yield "takes `max_completion_tokens` (learnt)"
        if learnt.refused:
            yield f"takes no {', '.join(learnt.refused)} (learnt)"
        if learnt.needed:
            yield f"needs {', '.join(learnt.needed)} (learnt)"
