"""Charts are drawn from tables that count periods; what may be read in two ways is not drawn."""

import pytest

from damascus.documents.chart import HEIGHT, MAX_CHARTS, WIDTH, DrawnBox, DrawnLabel, DrawnLine, charts_of, draw, number

MONTHS = ["Month", "Revenue (USD)", "Costs", "Conversion"]
ROWS = [[str(n), f"${n * 1000:,}", f"$ {9000 - n * 500:,}", f"{n * 0.5} %"] for n in range(1, 7)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12), ("-1,050", -1050), ("−3", -3), ("$1,200", 1200), ("(300)", -300), ("1.5k", 1500), ("€ 2M", 2e6),
        ("**7**", 7), ("~ 40 USD", 40), ("1,5", 1.5), ("1.234,50", 1234.5), ("1,234.50", 1234.5), ("12 %", 12),
        ("0.125", 0.125), ("1 200", 1200), ("1.200", None), ("1,2345", None), ("300-600", None), ("n/a", None),
        ("", None), ("12 of 40", None), ("1e5", None), ("١٢", 12), ("1,,2", None), ("--5", None), ("v1.2", None),
    ],
)  # fmt: skip
def test_a_number_is_read_where_it_can_be_read_in_one_way(cell: str, value: float | None) -> None:
    assert number(cell) == value


def test_columns_of_one_unit_share_a_chart_and_the_sum_is_not_a_month() -> None:
    money, percent = charts_of(MONTHS, [*ROWS, ["Total", "$21,000", "$43,500", ""]])
    assert [one.name for one in money.series] == ["Revenue", "Costs"]
    assert money.series[0].values == (1000, 2000, 3000, 4000, 5000, 6000)
    assert (money.unit, percent.unit) == ("$", "%")
    assert money.title == "Revenue, Costs ($) by month"
    assert money.labels == ("1", "2", "3", "4", "5", "6")
    assert percent.is_bars
    assert not money.is_bars


@pytest.mark.parametrize(
    "labels",
    [
        ["Jan", "Feb 2027", "March"], ["2027-01", "2027-02", "2027-03"], ["M1", "M2", "M3"],
        ["Month 1", "Month 2", "Month 3"], ["Q1 2027", "Q2 2027", "Q3 2027"], ["Week 1", "week 2", "**Week 3**"],
    ],
)  # fmt: skip
def test_periods_are_known_by_themselves(labels: list[str]) -> None:
    (chart,) = charts_of(["when", "customers"], [[label, str(n)] for n, label in enumerate(labels)])
    assert chart.series[0].values == (0, 1, 2)


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (["idea", "price"], [["a", "1"], ["b", "2"], ["c", "3"]]),  # counts nothing
        (["month", "price"], [["1", "1"], ["2", "2"]]),  # two points are no course
        (["month", "does"], [["1", "show it"], ["2", "sell it"], ["3", "bill it"]]),  # no numbers
        (["month", "price"], [["1", "1.200"], ["2", "1.300"], ["3", "1.400"]]),  # thousands, or a bit more than one?
        (["month"], [["1"], ["2"], ["3"]]),
        ([], []),
        (["rank", "price"], [["1", "1"], ["2", "2"], ["3", "3"]]),  # numbers, but no periods
    ],
)
def test_other_tables_are_not_drawn(head: list[str], rows: list[list[str]]) -> None:
    assert charts_of(head, rows) == []


def test_numbers_far_apart_get_charts_of_their_own_and_a_table_has_few() -> None:
    head = ["month", "visits", "customers", "a %", "b EUR", "c GBP"]
    rows = [[str(n), str(n * 1000), str(n), f"{n}%", f"{n} EUR", f"{n} GBP"] for n in range(1, 5)]
    charts = charts_of(head, rows)
    assert [[one.name for one in chart.series] for chart in charts] == [["visits"], ["customers"], ["a %"]]
    assert len(charts) == MAX_CHARTS


def test_what_is_drawn_stands_in_the_picture_at_the_height_of_its_value() -> None:
    (chart,) = charts_of(
        ["month", "profit"], [["1", "-100"], ["2", "0"], ["3", "50"], ["4", "n/a"], ["5", "100"], ["6", "7"]]
    )
    shapes = draw(chart)
    bars = [shape for shape in shapes if isinstance(shape, DrawnBox) and shape.width > 11]
    assert len(bars) == 5
    assert bars[0].y == bars[1].y, "below and above begin at the same line"
    assert bars[0].height == pytest.approx(bars[3].height, abs=0.1)
    assert bars[1].height == 0
    assert bars[3].height == pytest.approx(2 * bars[2].height, abs=0.1)
    for shape in shapes:
        if isinstance(shape, DrawnLine):
            assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in shape.points)
    assert {"-100", "0", "100"} <= {shape.text for shape in shapes if isinstance(shape, DrawnLabel)}


def test_a_flat_course_and_many_months_are_drawn() -> None:
    (chart,) = charts_of(["month", "cost USD"], [[str(n), "0"] for n in range(1, 61)])
    months = {str(n) for n in range(1, 61)}
    labels = [shape.text for shape in draw(chart) if isinstance(shape, DrawnLabel) and shape.anchor == "middle"]
    assert 6 <= len(labels) <= 12
    assert set(labels) < months
