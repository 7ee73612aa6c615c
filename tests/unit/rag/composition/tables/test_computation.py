import pytest

from rag.answers import Composed, Shape
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.look_up import TablePlanner
from tests.support.builders.tables import MACHINES, table_document, table_material

PLANNER = TablePlanner(TableEngine())
PARTS = (
    ("Part", "Mass", "List price", "Dealer price"),
    ("Bolt", "12 g", "0.30", "0.21"),
    ("Frame", "23 kg", "95.00", "71.00"),
)


def answer(question: str, rows: tuple[tuple[str, ...], ...] = MACHINES, *, title: str = "Machines") -> Composed | None:
    return PLANNER.plan(table_material(question, table_document(rows, title=title)))


def said(composed: Composed | None) -> str:
    return "".join(sentence.before + sentence.text for sentence in composed.sentences) if composed else ""


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("total price of all machines", "Sum of Price: 15,620.50 EUR (4 rows)."),
        ("average weight of the machines", "Average of Weight: 109 kg (4 rows)."),
        ("Durchschnittliches Weight der machines", "Durchschnitt von Weight: 109 kg (4 Zeilen)."),
        ("which machine is the heaviest", "Lathe L-60: Weight 180 kg."),
        ("cheapest machine", "Saw S-2*: Price 890.50 EUR."),
        ("two most expensive machines", "Lathe L-60: Price 6,250.00 EUR. Lathe L-40: Price 4,500.00 EUR."),
        ("machines over 100 kg", "Lathe L-40, Lathe L-60."),
        ("how many machines weigh more than 90 kg", "3 of 4 rows: Lathe L-40, Lathe L-60, Mill M-5."),
        ("machines with a weight above 100 kg - how many?", "2 of 4 rows: Lathe L-40, Lathe L-60."),
        ("machines without coolant", "Mill M-5, Saw S-2*."),
        ("machines with delivery after 2024-04-01", "Lathe L-60, Saw S-2*."),
        ("machines heavier than 500 kg", "No row of 4 fits: Weight (kg)."),
        (
            "price difference between L-40 and L-60",
            "Difference: 1,750.00 EUR. Lathe L-60: Price 6,250.00 EUR. Lathe L-40: Price 4,500.00 EUR.",
        ),
        ("average price of L-40 and M-5", "Average of Price: 4,240.00 EUR (2 rows)."),
    ],
)
def test_what_is_computed_leaves_out_the_row_of_totals(question: str, sentence: str) -> None:
    assert said(answer(question)) == sentence


def test_the_query_is_shown_with_the_rows_and_every_number_has_its_place() -> None:
    composed = answer("total price of all machines")
    assert composed is not None
    (table,) = composed.tables
    assert table.query == (
        'SELECT sum("Price (EUR)"), list("#" ORDER BY "#") FROM "Machines" WHERE "Price (EUR)" IS NOT NULL'
    )
    assert [row[2].text for row in table.rows] == [row[2] for row in MACHINES[1:-1]]
    assert all(cell.mark is not None for row in table.rows for cell in row)
    assert composed.sentences[0].marks


def test_a_value_is_computed_for_each_of_a_column_that_is_named_behind_by() -> None:
    rows = (("Boat", "Harbour", "Fee"), ("Tern", "North", "120"), ("Gull", "South", "80"), ("Skua", "North", "40"))
    composed = answer("total fee by harbour", rows, title="Boats")
    assert said(composed) == "North: sum of Fee: 160.\nSouth: sum of Fee: 80."
    assert composed is not None
    assert "GROUP BY" in composed.tables[0].query
    assert said(answer("average fee per harbour", rows, title="Boats")).startswith("North: average of Fee: 80.")
    assert said(answer("total fee", rows, title="Boats")) == "Sum of Fee: 240 (3 rows)."


def test_a_group_of_names_narrows_the_rows() -> None:
    composed = answer("average weight of the lathes")
    assert said(composed) == "Average of Weight: 150 kg (2 rows)."
    assert composed is not None
    assert "ILIKE '%lath%'" in composed.tables[0].query


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("which part is the most expensive", "Several columns fit: List price; Dealer price. Which one is meant?"),
        ("total mass of the parts", "Mass holds different units: g, kg. They cannot be computed together."),
    ],
)
def test_what_is_ambiguous_is_not_computed_but_asked_back(question: str, sentence: str) -> None:
    composed = answer(question, PARTS, title="Parts")
    assert said(composed) == sentence
    assert composed is not None
    assert composed.shape is Shape.REFUSAL


def test_numbers_are_said_as_the_document_writes_them() -> None:
    rows = (("Artikel", "Preis (€)", "Bestand"), ("Schraube", "0,12", "12.500"), ("Bohrer", "1.249,50", "48.000"))
    assert said(answer("Summe Bestand der Artikel", rows)) == "Summe von Bestand: 60.500 (2 Zeilen)."
    assert said(answer("Summe Preis der Artikel", rows)) == "Summe von Preis: 1.249,62 € (2 Zeilen)."


def test_a_long_table_is_computed_whole_and_shown_in_part() -> None:
    rows = (
        ("Order", "Region", "Amount"),
        *((f"O-{at}", "North" if at % 2 else "South", f"{at}.5") for at in range(3000)),
    )
    composed = answer("total amount of the orders in region north", rows, title="Orders")
    assert said(composed) == f"Sum of Amount: {sum(at + 0.5 for at in range(1, 3000, 2)):.1f} (1500 rows)."
    assert composed is not None
    assert len(composed.tables[0].rows) == 30


@pytest.mark.parametrize(
    "question", ["how do I sum up a report", "most people like it", "what is the average rainfall"]
)
def test_a_question_about_something_else_is_left_to_others(question: str) -> None:
    assert answer(question) is None


SALES = (
    ("Region", "Manager", "Q1 2026", "Q2 2026", "Q3 2026"),
    ("North", "Ada", "100", "150", "200"),
    ("South", "Bo", "300", "50", "50"),
    ("East", "Cy", "90", "90", "90"),
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("total sales of the North region in 2026", "North: sum of Q1 2026, Q2 2026, Q3 2026: 450."),
        ("average sales of North", "North: average of Q1 2026, Q2 2026, Q3 2026: 150."),
        ("total sales", "Sum of Q1 2026, Q2 2026, Q3 2026: 1120 (3 rows)."),
        ("which region has the highest total sales", "North: sum of Q1 2026, Q2 2026, Q3 2026: 450."),
    ],
)
def test_the_columns_of_periods_are_added_up(question: str, sentence: str) -> None:
    assert said(answer(question, SALES, title="Sales by region")) == sentence


def test_periods_that_are_not_to_be_added_up_are_asked_back() -> None:
    composed = answer("which region has the highest sales", SALES, title="Sales by region")
    assert said(composed).startswith("Several columns fit")


INHABITANTS = (
    ("Country", "Capital", "2024", "2025", "2026"),
    ("Norland", "Aby", "5", "6", "7"),
    ("Sudland", "Beby", "10", "10", "11"),
    ("Ostland", "Ceby", "15", "16", "17"),
)


@pytest.mark.parametrize(
    "question", ["total inhabitants of Norland", "which country has the most inhabitants", "average inhabitants"]
)
def test_years_are_not_added_up(question: str) -> None:
    assert "sum" not in said(answer(question, INHABITANTS, title="Inhabitants by country")).lower()


def test_a_price_for_a_year_is_no_sum() -> None:
    fees = (("Membership", "Fee"), ("Adult", "40"), ("Child", "10"), ("Family", "90"))
    assert said(answer("what is the fee for the year", fees, title="Fees")) == ""


FERRIES = (
    ("ferry", "berth", "knots", "incidents_90_04", "incidents_05_19", "restaurant"),
    ("Skarven", "North Quay", "27", "9", "4", "Yes"),
    ("Alke", "South Quay", "31", "0", "0", "No"),
    ("Queen", "South Quay", "22", "21", "15", "Yes"),
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("total incidents of all ferries 1990-2004", "Sum of incidents 90 04: 30 (3 rows)."),
        ("how many ferries had zero incidents 05-19", "1 of 3 rows: Alke."),
        ("which ferry had the worst incidents 2005-2019", "Queen: incidents 05 19 15."),
        ("fastest ferry", "Alke: knots 31."),
        ("which ferries have no restaurant", "Alke."),
        ("Skarven + Alke knots together", "Sum of knots: 58 (2 rows)."),
    ],
)
def test_words_for_zero_worst_together_and_ranges_of_years(question: str, sentence: str) -> None:
    assert said(answer(question, FERRIES, title="Ferries")) == sentence


PRICES = (
    ("SKU", "Product", "Category", "List price EUR"),
    ("B-1", "Gull S", "Boat", "4290"),
    ("B-2", "Gull M", "Boat", "5890"),
    ("L-1", "Lumo", "Lamp", "149"),
    ("L-2", "Lumo Plus", "Lamp", "219"),
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "how many items are in the price list",
            "4 of 4 rows: Gull S (B-1), Gull M (B-2), Lumo (L-1), Lumo Plus (L-2).",
        ),
        ("number of products", "4 of 4 rows: Gull S (B-1), Gull M (B-2), Lumo (L-1), Lumo Plus (L-2)."),
        ("how many lamps are in the price list", "2 of 4 rows: Lumo (L-1), Lumo Plus (L-2)."),
        ("price difference between gull s and gull m", "Difference: 1600 EUR."),
        ("price difference between lumo and lumo plus", "Lumo: List price 149 EUR."),
    ],
)
def test_rows_are_counted_and_names_within_names_told_apart(question: str, sentence: str) -> None:
    assert said(answer(question, PRICES, title="Price list")).startswith(sentence)
