from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from inkread.document import Document
from inkread.extract.invoice import invoice
from inkread.text_line import Alternative

from .sheets import document

GERMAN = [
    [(100, "Bei Spiel GmbH"), (1500, "Ecke 12, 12345 Stadthausen")],
    "Rechnungsempfänger",
    "Theodor Est AG",
    "Bahnstr. 42",
    "88802 Spielkreis",
    [(100, "Rechnung Nr. RE-20151008/504"), (1200, "Datum: 08.10.2015")],
    [(100, "Leistungsdatum 07.10.2015"), (1200, "Bestellung: B-4711")],
    [(100, "Luftballon"), (900, "400"), (1300, "0,79 €"), (1700, "316,00 €")],
    [(100, "Heiße Luft"), (900, "180"), (1300, "1,00 €"), (1700, "180,00 €")],
    [(100, "Nettobetrag"), (1700, "496,00 €")],
    [(100, "Umsatzsteuer 19%"), (1700, "94,24 €")],
    [(100, "Gesamtbetrag"), (1700, "590,24 €")],
    "Zahlbar bis 29.10.2015",
    "USt-IdNr: DE136695976",
    "Steuernummer: 22/815/08154",
    "IBAN DE89 3704 0044 0532 0130 00",
    "BIC COBADEFFXXX",
]


def test_an_invoice_gives_its_fields():
    found = invoice(document(GERMAN))

    assert found["number"].value == "RE-20151008/504"
    assert found["date"].value == date(2015, 10, 8)
    assert found["due_date"].value == date(2015, 10, 29)
    assert found["order"].value == "B-4711"
    assert found["seller"].value == "Bei Spiel GmbH"
    assert found["buyer"].value == "Theodor Est AG"
    assert found["vat_id"].value == "DE136695976"
    assert found["tax_number"].value == "22/815/08154"
    assert found["iban"].value == "DE89370400440532013000"
    assert found["bic"].value == "COBADEFFXXX"
    assert [found[name].value for name in ("net", "tax", "total")] == [
        Decimal(value) for value in ("496.00", "94.24", "590.24")
    ]
    assert found["currency"].value == "EUR"
    assert found.doubtful == ()
    assert [item["description"].value for item in found.items] == ["Luftballon", "Heiße Luft"]


def test_taxes_are_told_by_rate():
    rows = [
        [(100, "USt. Satz"), (900, "Nettopreis"), (1300, "USt.-Betrag")],
        [(100, "7 %"), (900, "160,00 €"), (1300, "11,20 €")],
        [(100, "19 %"), (900, "336,00 €"), (1300, "63,84 €")],
        [(100, "Rabatt 5 %"), (900, "10,00 €"), (1300, "3,00 €")],
    ]
    taxes = invoice(document(rows)).taxes
    assert [[str(tax[name].value) for name in ("rate", "net", "tax")] for tax in taxes] == [
        ["7", "160.00", "11.20"],
        ["19", "336.00", "63.84"],
    ]


def test_a_tax_without_its_net_is_told_by_its_label():
    (tax,) = invoice(document([[(100, "Umsatzsteuer 19%"), (900, "37,62 €")]])).taxes
    assert (tax["rate"].value, tax["tax"].value, "net" in tax) == (Decimal(19), Decimal("37.62"), False)


@pytest.mark.parametrize(
    ("row", "number"),
    [
        ("Amtsgericht München HRB 12345", "HRB 12345"),
        ("Company No: 05903640", "05903640"),
        ("RCS Paris 552 081 317", "552 081 317"),
    ],
)
def test_numbers_of_registers(row, number):
    assert invoice(document([row]))["registration"].value == number


def test_the_total_is_the_sum_with_tax_whatever_was_paid_before():
    rows = [
        *GERMAN[:-5],
        [(100, "Erhaltene Anzahlung"), (1700, "-90,24 €")],
        [(100, "Zahlbetrag"), (1700, "500,00 €")],
    ]
    found = invoice(document(rows))
    assert found["total"].value == Decimal("590.24")
    assert found["due"].value == Decimal("500.00")


def test_the_first_day_of_a_period_is_not_the_invoice_s():
    found = invoice(document(["Rechnung Nr. 77", "21.05.2014 bis 20.05.2015", "18. April 2014"]))
    assert found["date"].value == date(2014, 4, 18)


def test_a_wrong_check_digit_is_told_and_the_code_kept():
    found = invoice(document(["IBAN DE89 3704 0044 0532 0130 01", "VAT DE136695975"]))
    assert found["iban"].value == "DE89370400440532013001"
    assert set(found.doubtful) == {"iban", "vat_id"}


def test_a_code_that_was_seen_as_well_and_passes_is_told_and_not_taken():
    (read,) = document(["IBAN DE89370400440532013008"]).pages
    (block,) = read.blocks
    (line,) = block.lines
    seen = (Alternative(21, "0", 0.3),)
    word = replace(line.words[1], scores=(0.9,) * 22, alternatives=seen)
    block = replace(block, lines=(replace(line, words=(line.words[0], word)),))
    iban = invoice(Document((replace(read, blocks=(block,)),)))["iban"]
    assert iban.value == "DE89370400440532013008"
    assert iban.is_doubtful
    assert iban.suggestion == "DE89370400440532013000"


@pytest.mark.parametrize(("number", "doubtful"), [("732 829 320", ()), ("732 829 321", ("registration",))])
def test_french_register_numbers_have_a_check_digit(number, doubtful):
    assert invoice(document([f"SIREN {number}"])).doubtful == doubtful


def test_other_registers_have_none():
    assert invoice(document(["Company No. 732829321"])).doubtful == ()


def test_a_date_due_before_the_invoice_is_doubtful():
    found = invoice(document(["Invoice date 05.06.2018", "Due date 04.06.2018"]))
    assert found["due_date"].value == date(2018, 6, 4)
    assert found.doubtful == ("due_date",)


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        (["Invoice No.: INV-2023-0042"], "INV-2023-0042"),
        (["INVOICE", [(100, "Date"), (900, "Number")], [(100, "05.06.2018"), (900, "471102")]], "471102"),
        (["Handelsrechnung (380) Nr. 471102 vom 05.06.2018"], "471102"),
        (["Facture n° FA-2017-0009"], "FA-2017-0009"),
        (["Rechnung # RE-20190610/507 von 10.06.2019"], "RE-20190610/507"),
        (["Kundennummer: 12345", "Rechnungsnummer: 99"], "99"),
        (["Versicherungsschein-Nr. 00.123.456.7-2018-1"], "00.123.456.7-2018-1"),
    ],
)
def test_numbers_are_told_from_other_codes(rows, number):
    assert invoice(document(rows))["number"].value == number


def test_sums_may_stand_on_another_page():
    found = invoice(document(GERMAN[:7], GERMAN[7:]))
    assert found["number"].page == 1
    assert (found["total"].value, found["total"].page) == (Decimal("590.24"), 2)


def test_a_credit_note_s_total_is_negative():
    rows = [
        [(100, "Total HT"), (900, "-218,48 €")],
        [(100, "TVA"), (900, "-14,99 €")],
        [(100, "Total TTC"), (900, "-233,47 €")],
    ]
    found = invoice(document(["Avoir n° AV-1", *rows]))
    assert found["total"].value == Decimal("-233.47")
    assert not found["total"].is_doubtful


def test_what_is_not_there_is_none():
    assert set(invoice(document(["12"])).flat().values()) == {""}


def test_the_buyer_stands_under_the_line_that_names_the_sender():
    letter = [
        "Bei Spiel GmbH",
        "Ecke 12",
        "Bei Spiel GmbH Ecke 12 12345 Stadthausen",
        "Theodor Est",
        "Bahnstr. 42",
        "88802 Spielkreis",
    ]
    assert invoice(document(letter))["buyer"].value == "Theodor Est"


def test_a_line_of_numbers_names_no_buyer():
    rows = ["Au bon moulin SARL", "TVA: FR11999999998 - SARL au capital de 120 000,00"]
    assert invoice(document(rows))["buyer"] is None
