"""LiteLLM, if it stands before the models: its version has no hole that is known."""

import httpx

from damascus.core.minimums import below_safe
from damascus.core.network import Route
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult

VERSION_PAGES = ("/health/readiness/details", "/health/readiness")  # the second is where earlier versions tell it
LITELLM_TIMEOUT_SECONDS = 10


async def check_litellm(settings: Settings) -> DoctorResult:
    """Ask the models' server whether it is LiteLLM, and of which version."""
    version = await _version(settings)
    if version is None:
        return DoctorResult("litellm", True, f"{settings.model.base_url} tells no version of LiteLLM")
    unsafe = below_safe("litellm", version)
    if unsafe:
        return DoctorResult("litellm", False, f"LiteLLM {unsafe}", "renew its image (docs/how-to/versions.md)")
    return DoctorResult("litellm", True, f"LiteLLM {version}")


async def _version(settings: Settings) -> str | None:
    model = settings.model
    root = model.base_url.rstrip("/").removesuffix("/v1")
    key = model.api_key.get_secret_value()
    way = Route.to(model.base_url, "LLM_BASE_URL", model.ca, "LLM_CA").client_options()
    async with httpx.AsyncClient(timeout=LITELLM_TIMEOUT_SECONDS, **way) as client:
        for page in VERSION_PAGES:
            try:
                answer = await client.get(root + page, headers={"Authorization": f"Bearer {key}"})
                told = answer.json()
            except (httpx.HTTPError, ValueError):  # the model's own check says what is wrong with its server
                continue
            if isinstance(told, dict) and isinstance(told.get("litellm_version"), str):
                return str(told["litellm_version"])
    return None
