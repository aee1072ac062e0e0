"""Numbers that a report states otherwise than what it cites; a false alarm is worse than a miss."""

import pytest

from damascus.work.delivery.contradictions import contradictions

DIFFER = [
    ("The guild has 430 freelancers as members [e1].", "The guild counts 300 freelancers among its members"),
    ("The guild has 12,340 members in Berlin [e1].", "The guild in Berlin has 21,340 members"),
    ("Paperline asks $19 a month for its plan [e1].", "Paperline's plan is $29 a month"),
    ("Paperline asks 19 USD per month for its plan [e1].", "The plan of Paperline: $29/month"),
    ("Churn of bookkeeping tools is 4% [e1].", "Bookkeeping tools have a churn of 7 percent"),
    ("Churn of bookkeeping tools is 4.5 % [e1, own knowledge].", "Bookkeeping tools have a churn of 5.4 %"),
    ("The market of invoicing tools is 12 million EUR [e1].", "Invoicing tools are a market of €15 million"),
    ("The market of invoicing tools is €1.2bn [e1].", "Invoicing tools are a market of €1.5bn"),
    ("About 12k freelancers live in Berlin [e1].", "There are 21,340 freelancers in Berlin"),
    ("They spend 6 hours a month.\nOur rival Billbee has 500 customers [e1]", "the rival Billbee has 900 customers"),
    ("In Berlin live 1'200 freelancers [【e1】][e1].".replace("[【e1】]", ""), "1'500 freelancers live in Berlin"),
]
AGREE = [
    ("About 12k freelancers live in Berlin [e1].", "There are 12,340 freelancers in Berlin"),
    ("Roughly 12,000 freelancers live in Berlin [e1].", "There are 12,340 freelancers in Berlin"),
    ("12,000 freelancers live in Berlin [e1].", "There are 12,340 freelancers in Berlin"),
    ("There are 12,340 freelancers in Berlin [e1].", "About 12k freelancers live in Berlin"),
    ("The guild has 12,340 members in Berlin [e1].", "The guild in Berlin has 12340 members"),
    ("The guild has 12 340 members in Berlin [e1].", "The guild in Berlin has 12,340 members"),
    ("The guild has 340 freelancers as members [e1].", "The guild counts 300 freelancers among its members"),
    ("Churn of bookkeeping tools is 5% [e1].", "Bookkeeping tools have a churn of 4.6 percent"),
    ("Paperline asks $19 a month for its plan [e1].", "The plan of Paperline: 19 dollars per month"),
    ("The market of invoicing tools is 1.2bn EUR [e1].", "Invoicing tools are a market of 1,200 million EUR"),
]
NOT_COMPARED = [
    ("Paperline asks $228 a year for its plan [e1].", "Paperline's plan is $19 a month"),  # another period
    ("Paperline asks $19 for its plan [e1].", "Paperline's plan is €18"),  # another currency
    ("Paperline has 19 customers for its plan [e1].", "Paperline's plan is $29"),  # another unit
    ("Of three plans Paperline's costs $19, the next $29 [e1].", "Paperline's plan is $39"),  # two of one unit
    ("Paperline's plan costs $19 [e1].", "Paperline's plans are $29 and later $39"),
    ("Paperline asks $19-29 for its plan [e1].", "Paperline's plan is $39"),  # a range
    ("Paperline asks $19 for its plan [e1].", "Paperline's plan is $29 to $39"),
    ("Paperline asks $19 for its plan [e1] and Billbee as well [e2].", "Paperline's plan is $29"),  # two places
    ("Paperline asks $19, not $29 [e1].", "Paperline's plan is $29"),  # on purpose
    ("We ask $9, less than Paperline for its plan [e1].", "Paperline's plan is $29"),
    ("If Paperline asked $19 for its plan we would follow [e1].", "Paperline's plan is $29"),
    ("Since 2021 Paperline has a plan [e1].", "Paperline had a plan in 2019"),  # no unit
    ("We need 40 customers [e1].", "A plan of Paperline's is had by 90 customers"),  # nothing else is shared
    ("| Paperline | plan | $19 | [e1] |", "Paperline's plan is $29"),  # a table's cell has its label elsewhere
    ("Paperline asks $19 for its plan.", "Paperline's plan is $29"),  # it cites nothing
    ("Paperline asks $19 for its plan [e7].", "Paperline's plan is $29"),  # what it cites is not known here
    ("Version 1.2.3 of Paperline's plan has 4 pages [e1].", "Version 2.0.1 of Paperline's plan"),
    ("On 2026-11-05 Paperline's plan had 10:30 hours [e1].", "On 2026-11-07 Paperline's plan had 11:30 hours"),
]


@pytest.mark.parametrize(("said", "entry"), DIFFER)
def test_another_number_than_the_one_that_is_cited_is_found(said: str, entry: str) -> None:
    (found,) = contradictions(f"# Title\n\nBefore it. {said} Behind it.", {"e1": entry})
    assert found.cited == "e1"
    assert found.stated != found.says


@pytest.mark.parametrize(("said", "entry"), AGREE)
def test_the_same_number_in_other_words_is_none(said: str, entry: str) -> None:
    assert contradictions(said, {"e1": entry}) == []


@pytest.mark.parametrize(("said", "entry"), NOT_COMPARED)
def test_what_may_well_be_something_else_is_none(said: str, entry: str) -> None:
    assert contradictions(said, {"e1": entry, "e2": "Billbee asks $5"}) == []


def test_it_reads_as_a_person_would_say_it() -> None:
    (found,) = contradictions(DIFFER[0][0], {"e1": DIFFER[0][1]})
    assert str(found) == "“The guild has 430 freelancers as members .” states 430 freelancers, e1 says 300 freelancers"


def test_a_report_that_is_linked_is_compared_sentence_by_sentence() -> None:
    other = "# Market\n\nBillbee has 40 customers.\n\nIn Berlin live 12,340 freelancers who write invoices. It is cold."
    said = "As [the market](market-validation.md) says, 15,000 freelancers write invoices in Berlin."
    (found,) = contradictions(said, {}, {"market-validation": other})
    assert (found.cited, found.says) == ("market-validation", "12,340 freelancers")
    assert contradictions(said, {}, {"other": other}) == []
    same = said.replace("15,000", "12,340")
    assert contradictions(same, {}, {"market-validation": other}) == []
    twice = f"{other} In Berlin 15,000 freelancers will write invoices."
    assert contradictions(said, {}, {"market-validation": twice}) == []
