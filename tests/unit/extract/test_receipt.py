from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from inkread.document import Alternative, Document
from inkread.extract.receipt import receipt

from .sheets import document, sheet

SHOP = [
    "SUN VICTORY SDN BHD",
    "(NO. 193573-M)",
    "LEVEL G2, BLOCK D1, SOLARIS DUTAMAS,",
    "50480 KUALA LUMPUR.",
    "TEL: 03-6205 5386",
    "TAX INVOICE",
    [(100, "DATE:"), (400, "14/01/2018 13:51")],
    [(100, "2 x Coffee"), (900, "4.00"), (1200, "8.00")],
    [(100, "1 Bagel"), (1200, "3.50")],
    [(100, "SUBTOTAL"), (1200, "11.50")],
    [(100, "GST 6%"), (1200, "0.69")],
    [(100, "ROUNDING ADJ"), (1200, "0.01")],
    [(100, "TOTAL"), (1200, "RM12.20")],
    [(100, "CASH"), (1200, "RM20.00")],
    [(100, "CHANGE"), (1200, "RM7.80")],
    "THANK YOU",
]


def without(*texts: str):
    return [row for row in SHOP if (row if isinstance(row, str) else row[0][1]) not in texts]


@pytest.mark.row("S3-42", "S0-47")
def test_a_receipt_gives_its_fields():
    found = receipt(document(SHOP))

    assert found["company"].value == "SUN VICTORY SDN BHD"
    assert found["address"].value == "LEVEL G2, BLOCK D1, SOLARIS DUTAMAS, 50480 KUALA LUMPUR."
    assert found["date"].value == date(2018, 1, 14)
    assert found["time"].value == time(13, 51)
    assert found["subtotal"].value == Decimal("11.50")
    assert found["tax"].value == Decimal("0.69")
    assert (found["total"].value, found["total"].currency) == (Decimal("12.20"), "MYR")
    assert found["currency"].value == "MYR"
    assert found["payment"].value == "CASH"
    assert found.doubtful == ()


def test_each_value_stands_on_the_page():
    read = document(SHOP)
    total = receipt(read)["total"]
    assert [word.text for word in total.words] == ["RM12.20"]
    assert total.words[0] in read.words
    assert total.box == total.words[0].box
    assert total.page == 1


def test_the_items_are_those_above_the_sums():
    coffee, bagel = receipt(document(SHOP)).items
    assert {name: str(field.value) for name, field in coffee.items()} == {
        "quantity": "2", "description": "Coffee", "unit_price": "4.00", "amount": "8.00",
    }  # fmt: skip
    assert bagel["description"].value == "Bagel"
    assert bagel["amount"].value == Decimal("3.50")


def test_a_total_says_what_confirms_it():
    (check,) = receipt(document(SHOP))["total"].checks
    assert check.holds
    assert "paid 20.00 - change 7.80" in check.message
    assert "11.50 + 0.69 + 0.01" in check.message


def test_a_total_that_nothing_confirms_is_doubtful():
    found = receipt(document(without("CASH", "CHANGE", "SUBTOTAL", "2 x Coffee")))
    assert found["total"].value == Decimal("12.20")
    assert found.doubtful == ("total",)


def test_what_the_recognizer_saw_as_well_is_told_and_not_taken():
    (read,) = document(without("SUBTOTAL", "GST 6%", "ROUNDING ADJ"))

    def misread(line):
        if line.text != "RM12.20":
            return line
        seen = (Alternative(3, "2", 0.3),)
        return replace(line, words=(replace(line.words[0], text="RM17.20", scores=(0.9,) * 7, alternatives=seen),))

    blocks = tuple(replace(block, lines=tuple(map(misread, block.lines))) for block in read.blocks)
    total = receipt(Document((replace(read, blocks=blocks),)))["total"]

    assert total.value == Decimal("17.20")
    assert total.is_doubtful
    assert total.suggestion == "RM12.20"


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([[(0, "Total Qty"), (900, "3.00")], [(0, "Total"), (900, "9.00")]], "9.00"),
        ([[(0, "Total"), (900, "9.00")], [(0, "Grand Total"), (900, "9.90")]], "9.90"),
        ([[(0, "Total excl. GST"), (900, "9.00")], [(0, "Total incl. GST"), (900, "9.54")]], "9.54"),
        ([[(0, "Total savings"), (900, "19.00")], [(0, "Total"), (900, "9.54")]], "9.54"),
        ([[(0, "T0TAL"), (900, "9.54")], [(0, "CASH"), (900, "50.00")]], "9.54"),
        ([[(0, "TOTAL SALES (INCLUSIVE GST) RM"), (900, "45.34")], [(0, "ROUNDING RM"), (900, "45.35")]], "45.35"),
        ([[(0, "Summe"), (900, "12,40")], [(0, "Gegeben"), (900, "20,00")], [(0, "Rückgeld"), (900, "7,60")]], "12.40"),
        ([[(0, "Total TTC"), (900, "12,40 €")], [(0, "TVA"), (900, "2,07 €")]], "12.40"),
        ([[(0, "CASH"), (900, "50.00")], [(0, "CHANGE"), (900, "20.20")], "29.80"], "29.80"),
        (["TOTAL", [(900, "31.00")]], "31.00"),
        (
            [
                [(0, "Total"), (900, "27.56")],
                "GST Summary",
                [(0, "SR 6%"), (600, "26.00"), (900, "1.56")],
                [(0, "Total"), (600, "26.00"), (900, "1.56")],
            ],
            "27.56",
        ),
    ],
)
def test_the_total_is_told_from_other_sums(rows, total):
    assert receipt(document(["A SHOP LTD", *rows]))["total"].value == Decimal(total)


def test_dates_that_are_labelled_otherwise_are_not_the_receipt_s():
    found = receipt(document(["A SHOP LTD", "Valid until 31/12/2030", "Date 05/06/2018"]))
    assert found["date"].value == date(2018, 6, 5)


def test_the_document_shows_the_order_of_day_and_month():
    found = receipt(document(["A SHOP LTD", "Date 05/06/2018", "Best before 06/25/2018"]))
    assert found["date"].value == date(2018, 5, 6)
    assert receipt(document(["Date 05/06/2018"]), order="mdy")["date"].value == date(2018, 5, 6)


def test_a_crooked_page_gives_the_same():
    straight = receipt(document(SHOP)).flat()
    crooked = receipt(Document((sheet(SHOP, angle=2),))).flat()
    assert {name: crooked[name] for name in ("company", "total", "date")} == {
        name: straight[name] for name in ("company", "total", "date")
    }


@pytest.mark.parametrize("rows", [[], ["hello"], ["....", "12"], ["TOTAL", "TOTAL"]])
def test_what_is_not_there_is_none(rows):
    found = receipt(document(rows))
    assert found["total"] is None
    assert found["date"] is None
    assert found.items == ()


@pytest.mark.row("S0-47", "S3-50")
def test_fields_are_plain_values_for_json_and_tables():
    found = receipt(document(SHOP))
    assert found.flat()["total"] == "12.20"
    assert found.flat()["tip"] == ""
    assert found.to_dict()["fields"]["date"]["value"] == "2018-01-14"
    assert '"kind": "receipt"' in found.to_json()


def test_a_page_of_thousands_of_amounts_is_no_trap():
    rows = [[(100, f"thing {i}"), (900, f"{i % 97}.{i % 100:02d}"), (1200, f"{i % 89}.50")] for i in range(1500)]
    found = receipt(document([*rows, [(100, "Total"), (1200, "5.01")]]))
    assert found["total"].value == Decimal("5.01")
    assert len(found.items) == 1500


def test_labels_read_without_their_spaces_are_known():
    rows = [
        "SHOP",
        [(100, "BREAD"), (900, "12.20")],
        [(100, "SALESTAX"), (900, "1.00")],
        [(100, "TOTALTOPAY"), (900, "13.20")],
    ]
    found = receipt(document(rows))
    assert found["total"].value == Decimal("13.20")
    assert found["tax"].value == Decimal("1.00")
