"""What is wrong with what a person wrote: the key, the reason, and the key that was meant."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from damascus.core.text import one_line, slug
from damascus.core.validation import explain, nearest


class Price(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: int = Field(default=1, gt=0)


class Shop(BaseModel):
    model_config = ConfigDict(extra="forbid")
    price: Price | None = None
    prices: dict[str, Price] = Field(default_factory=dict)
    offers: list[Price] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"pricess": {}}, "unknown key `pricess`; did you mean `prices`?"),
        ({"xyz": {}}, "unknown key `xyz`; known here: price, prices, offers"),
        ({"price": {"amuont": 1}}, "unknown key `price.amuont`; did you mean `amount`?"),
        ({"prices": {"tea": {"amuont": 1}}}, "unknown key `prices.tea.amuont`; did you mean `amount`?"),
        ({"offers": [{"amuont": 1}]}, "unknown key `offers.0.amuont`; did you mean `amount`?"),
        ({"offers": [{"amount": 0}]}, "offers.0.amount: Input should be greater than 0"),
    ],
)
def test_the_first_fault_is_one_line_with_the_key_that_was_meant(data: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Shop.model_validate(data)
    assert explain(caught.value, Shop) == said


def test_without_a_model_no_key_is_guessed() -> None:
    with pytest.raises(ValidationError) as caught:
        Shop.model_validate({"pricess": 1})
    assert explain(caught.value) == "pricess: Extra inputs are not permitted"


def test_a_name_that_resembles_nothing_is_answered_with_all_there_are() -> None:
    assert nearest("zzz", ["alpha", "beta"]) == "known here: alpha, beta"


def test_a_long_text_is_cut_on_one_line_and_a_slug_is_never_empty() -> None:
    assert one_line("a\n  b\tc" + "d" * 9, 6) == "a b c…"
    assert [slug("An App, for You!"), slug("作って"), slug("a b c", 3)] == ["an-app-for-you", "untitled", "a-b"]
