"""The models: each that is named, as a tier or as a fallback, responds and calls tools."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

from damascus.core.clock import SystemClock
from damascus.core.settings import Settings, Tiers
from damascus.doctor.result import DoctorCheck, DoctorResult
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.llm.port import Tier
from damascus.llm.probe.first_contact import probe
from damascus.work.learnt_models import SharedLearntModels

MODEL_TIMEOUT_SECONDS = 240  # a local model is loaded first
GRACE_SECONDS = 2  # the probe's own reason comes before the check is given up


def model_checks(settings: Settings) -> list[DoctorCheck]:
    """Return a check for each model, once however often it is named, so that none hides behind another."""
    if settings.model.rehearsal:
        return [DoctorCheck("model", check_rehearsal)]
    places: dict[str, list[str]] = {}
    for tier in get_args(Tier):
        places.setdefault(getattr(settings.model.tiers, tier), []).append(tier)
    for number, model in enumerate(settings.model.fallbacks, start=1):
        places.setdefault(model, []).append(f"fallback {number}")
    checks = []
    for model, named_as in places.items():
        name = f"model ({', '.join(named_as)})" if len(places) > 1 else "model"
        checks.append(
            DoctorCheck(name, partial(check_model, name=name, model=model, named_as=named_as), MODEL_TIMEOUT_SECONDS)
        )
    return checks


async def check_rehearsal(settings: Settings) -> DoctorResult:  # noqa: ARG001
    """Say that no model is configured; the rehearsal is part of the company and needs no check."""
    detail = "no model configured, the rehearsal is used; for real work set LLM_BASE_URL and LLM_MODEL"
    return DoctorResult("model", True, detail)


async def check_model(settings: Settings, name: str, model: str, named_as: Sequence[str]) -> DoctorResult:
    """Ask one model, without its fallbacks, to call a tool; say what is known of it, and from where."""
    alone = {"tiers": Tiers(strong=model, standard=model, cheap=model), "fallbacks": []}
    model_settings = settings.model.model_copy(update=alone)
    ledger = Ledger(settings.ledger_url)
    learnt = SharedLearntModels(ledger)
    client = ModelClient(model_settings, settings.model.base_url, SystemClock(), settings.models, learnt)
    try:
        found = await probe(client, seconds=MODEL_TIMEOUT_SECONDS - GRACE_SECONDS)
        price = [client.price_in_words(model)] if found.answers else []
        known = "; ".join([found.detail, *price, *client.facts(model)])
    finally:
        await client.close()
        await ledger.close()
    healthy = found.answers and found.calls_tools
    fix = "" if healthy else f"fix that model or choose another: {_setting_of(named_as)}"
    return DoctorResult(name, healthy, known, fix)


def _setting_of(named_as: Sequence[str]) -> str:
    """Return the settings in which a model is named."""
    tiers = [place for place in named_as if place in get_args(Tier)]
    keys = ["LLM_MODEL"] if len(tiers) == len(get_args(Tier)) else [f"LLM_MODEL_{tier.upper()}" for tier in tiers]
    return " and ".join([*keys, *(["`model.fallbacks` in config.yaml"] if len(tiers) < len(named_as) else [])])
