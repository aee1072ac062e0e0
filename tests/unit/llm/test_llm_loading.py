"""A worker that waits for work does without the vendor's slow library; the rehearsal is served by the same client."""

import subprocess
import sys
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.settings import ModelSettings
from damascus.llm.client import ModelClient

ROOT = Path(__file__).parents[3]
ASK = (
    "import sys, agents.main, damascus.llm.client, damascus.llm.probe.first_contact; "
    "print({'openai', 'genai_prices', 'numpy'} & set(sys.modules))"
)


def test_the_vendors_libraries_are_loaded_only_when_they_are_needed():
    found = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


async def test_warming_up_twice_and_closing_cold_are_harmless():
    cold = ModelClient(ModelSettings(), "http://127.0.0.1:1/v1", SystemClock())
    await cold.close()
    await cold.warm()
    await cold.warm()
    await cold.close()


@pytest.fixture
def rehearsal(tmp_path):
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "damascus.doubles.model", "--port", "0", "--port-file", str(port_file)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    child.stdout.readline()
    yield f"http://127.0.0.1:{port_file.read_text().strip()}/v1"
    child.terminate()
    child.wait(60)
    child.stdout.close()


async def test_the_rehearsal_answers_over_real_http_and_has_its_price(rehearsal, book, ask):
    client = ModelClient(ModelSettings(), rehearsal, SystemClock())
    answer = await client.complete(ask(role="vp"), book)
    await client.close()
    assert answer.text
    assert answer.cost.model == "rehearsal"
    assert answer.cost.price_known
    assert 0 < answer.cost.cost_microusd <= book.reserved[answer.reservation]
