"""What a model costs whose server is in the owner's own network: nothing, unless it is a proxy to somebody else's."""

import pytest

from damascus.core.records.budgets import PriceKind
from damascus.core.settings import FREE, NamedModel, Price
from damascus.llm.own_network import is_in_own_network, is_only_sold
from damascus.llm.partial_response import PartialResponse
from damascus.llm.prices import Prices, SentCall
from damascus.llm.proxy_prices import read_listing

LOCAL = "http://127.0.0.1:11434/v1"
UNKNOWN = Price(input=5, output=20)


def prices(url: str = LOCAL, *, proxy: bool | None = False, listed: dict | None = None, **models: NamedModel) -> Prices:
    found = Prices(models, UNKNOWN, url)
    if proxy is not None:
        found.use_listing(listed or {}, is_proxy=proxy)
    return found


def response(cost: float | None = None, read: int = 100, written: int = 10) -> PartialResponse:
    partial = PartialResponse()
    usage = {"prompt_tokens": read, "completion_tokens": written} | ({} if cost is None else {"cost": cost})
    partial.add({"choices": [{"message": {"content": "x" * 30}, "finish_reason": "stop"}], "usage": usage})
    return partial


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1", "http://[::1]:8000/v1", "http://localhost/v1", "http://10.1.2.3/v1",
        "http://192.168.0.9:8080/v1", "http://172.20.0.2/v1", "http://169.254.1.1/v1", "http://[fd00::1]/v1",
        "http://[fe80::1%25eth0]/v1", "http://100.101.102.103/v1", "http://gpu.local/v1", "http://gpu.lan/v1",
        "http://host.docker.internal:11434/v1", "http://ollama:11434/v1", "http://Ollama/v1", "http://gpu.home.arpa./v1",
        "http://user:secret@10.0.0.1/v1", "http://[::ffff:10.0.0.1]/v1", "http://0.0.0.0:8000/v1",
    ],
)  # fmt: skip
def test_a_server_in_the_own_network(url: str) -> None:
    assert is_in_own_network(url)
    assert prices(url).kind_of("qwen3:8b") == PriceKind.FREE


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1", "http://8.8.8.8/v1", "http://172.32.0.1/v1", "http://[2606:4700::1111]/v1",
        "http://local.example.com/v1", "http://10.0.0.1.example.com/v1", "http://127.0.0.1@evil.example/v1",
        "http://2130706433/v1", "http://100.128.0.1/v1", "", "http:///v1",
    ],
)  # fmt: skip
def test_a_server_elsewhere(url: str) -> None:
    assert not is_in_own_network(url)
    assert prices(url).kind_of("some-model") == PriceKind.ASSUMED


@pytest.mark.parametrize(
    ("model", "sold"),
    [
        ("gpt-4o", True), ("openai/gpt-5", True), ("o3-mini", True), ("o1", True), ("claude-sonnet-4-5", True),
        ("anthropic/claude-3", True), ("gemini-2.5-pro", True), ("grok-4", True), ("gpt4", True),
        ("gpt-oss:20b", False), ("openai/gpt-oss-120b", False),
        ("qwen3:32b", False), ("llama3.1:8b", False), ("gemma3:12b", False),
        ("olmo2", False), ("my-claude-like", False), ("deepseek-r1:14b", False),
    ],
)  # fmt: skip
def test_whose_weights_nobody_else_has(model: str, sold: bool) -> None:
    assert is_only_sold(model) == sold
    assert (prices().kind_of(model) == PriceKind.FREE) == (not sold)


def test_a_local_models_call_costs_nothing_whatever_it_counts() -> None:
    local = prices()
    assert local.worst_cost("qwen3:8b", 10**6, 10**6) == 0
    cost = local.cost_of("qwen3:8b", response(), SentCall(400, 100, 0))
    assert (cost.cost_microusd, cost.price_known, cost.input_tokens, cost.output_tokens) == (0, True, 100, 10)
    absurd = local.cost_of("qwen3:8b", response(read=9_000_000, written=9_000_000), SentCall(400, 100, 0))
    assert absurd.input_tokens + absurd.output_tokens < 10_000


def test_a_server_that_may_be_a_proxy_is_not_thought_free() -> None:
    assert prices(proxy=None).kind_of("qwen3:8b") == PriceKind.ASSUMED
    assert prices(proxy=True).kind_of("qwen3:8b") == PriceKind.ASSUMED
    known = prices(proxy=True, listed={"alias": Price(input=1, output=2)})
    assert known.kind_of("alias") == PriceKind.KNOWN
    assert known.kind_of("another") == PriceKind.ASSUMED
    known.use_listing({}, is_proxy=False)  # once a proxy, always a proxy
    assert known.kind_of("another") == PriceKind.ASSUMED


def test_a_server_that_reports_a_cost_is_no_longer_thought_free() -> None:
    local = prices()
    cost = local.cost_of("alias", response(cost=0.0009), SentCall(400, 100, 0))
    assert cost.cost_microusd == 900
    assert cost.price_known
    assert local.kind_of("alias") == PriceKind.ASSUMED
    assert local.kind_of("another") == PriceKind.FREE


@pytest.mark.parametrize("claim", [1e9, float("inf"), float("nan"), -1.0, 0.0])
def test_an_absurd_cost_of_a_local_model_books_no_more_than_its_worst_case(claim: float) -> None:
    cost = prices().cost_of("alias", response(cost=claim), SentCall(400, 100, 0))
    assert 0 <= cost.cost_microusd <= prices(proxy=True).worst_cost("alias", 400 + 512, 100)


def test_what_the_owner_says_goes_before_all() -> None:
    paid = NamedModel(price=Price(input=1, output=1))
    assert prices(paid=paid).kind_of("paid") == PriceKind.KNOWN
    free = prices("https://api.example.com/v1", proxy=True, theirs=NamedModel(price=FREE))
    assert free.kind_of("theirs") == PriceKind.FREE
    assert free.cost_of("theirs", response(cost=5), SentCall(400, 100, 0)).cost_microusd == 0


@pytest.mark.parametrize(
    ("params", "free"),
    [
        ({"model": "ollama/llama3.1"}, True),
        ({"model": "ollama_chat/qwen3", "api_base": "http://host.docker.internal:11434"}, True),
        ({"model": "openai/qwen", "api_base": "http://10.0.0.5:8000/v1"}, True),
        ({"model": "openai/gpt-4o", "api_base": "http://10.0.0.5:8000/v1"}, False),
        ({"model": "hosted_vllm/qwen", "api_base": "https://gpu.example.com/v1"}, False),
        ({"model": "ollama/llama3.1", "api_base": "https://ollama.example.com"}, False),
        ({"model": "openai/mystery"}, False),
        ({}, False),
    ],
)
def test_what_a_proxy_has_in_the_own_network_is_free(params: dict, free: bool) -> None:
    info = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    own = {"model_name": "alias", "model_info": info, "litellm_params": params}
    assert (read_listing({"data": [own]}).get("alias") == FREE) == free
    mystery = {"model_name": "alias", "model_info": info, "litellm_params": {"model": "openai/mystery"}}
    assert read_listing({"data": [own, mystery]}) == {}
    paid = {**mystery, "model_info": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}
    assert read_listing({"data": [own, paid]})["alias"].output == pytest.approx(2)


def test_the_price_in_words_says_what_to_set() -> None:
    def words(known: Prices) -> str:
        return known.describe("m")

    assert "in your own network; if it is a proxy to a paid model: `models: {m: {price" in words(prices())
    assert words(prices(proxy=True)).startswith("price not known, $5.00 in, $20.00 out per million tokens assumed")
    assert words(prices(m=NamedModel(price=FREE))) == "free; calls and tokens are limited instead"
    assert words(prices(m=NamedModel(price=Price(input=1, output=3)))) == "$1.00 in, $3.00 out per million tokens"
