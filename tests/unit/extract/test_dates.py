from datetime import date, time

import pytest

from inkread.extract.dates import dates_in, day_order, times_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09/01/2019", date(2019, 1, 9)),
        ("30-05-2017", date(2017, 5, 30)),
        ("05.06.2018", date(2018, 6, 5)),
        ("2018-06-05", date(2018, 6, 5)),
        ("2018/6/5", date(2018, 6, 5)),
        ("2018年6月5日", date(2018, 6, 5)),
        ("20180605", date(2018, 6, 5)),
        ("12 MAR 2018", date(2018, 3, 12)),
        ("24 MAR 18", date(2018, 3, 24)),
        ("24 Mar 1809:12:41 PM", date(2018, 3, 24)),
        ("3 CL0SED 23 Nov 17 12:19:48", date(2017, 11, 23)),
        ("05JUN2018", date(2018, 6, 5)),
        ("12-Mar-2018", date(2018, 3, 12)),
        ("March 12, 2018", date(2018, 3, 12)),
        ("Mar 12 2018", date(2018, 3, 12)),
        ("12. März 2018", date(2018, 3, 12)),
        ("1er août 2018", date(2018, 8, 1)),
        ("12 de marzo de 2018", date(2018, 3, 12)),
        ("3. Oktober 2019", date(2019, 10, 3)),
        ("07-02-17", date(2017, 2, 7)),
        ("12/31/2018", date(2018, 12, 31)),
        ("12/31/99", date(1999, 12, 31)),
        ("16 . 05 . 2018", date(2018, 5, 16)),
        ("Date:09/01/2019 8:01:11 PM", date(2019, 1, 9)),
    ],
)
@pytest.mark.row("S3-43")
def test_dates_are_read_in_many_forms(text, expected):
    assert [found.date for found in dates_in(text)] == [expected]


@pytest.mark.parametrize(
    "text", ["31/02/2018", "2018-13-01", "12 foo 2018", "1.2.3.4", "123/45/678", "", "99/99/99", "07-355 2616"]
)
def test_days_that_no_calendar_has_are_no_dates(text):
    assert dates_in(text) == []


def test_the_order_of_day_and_month_may_be_known():
    assert dates_in("03/04/2018")[0].date == date(2018, 4, 3)
    assert dates_in("03/04/2018", "mdy")[0].date == date(2018, 3, 4)
    assert dates_in("13/04/2018", "mdy")[0].date == date(2018, 4, 13)
    assert [found.is_ambiguous for found in dates_in("03/04/2018 13/04/2018 04/04/2018")] == [True, False, False]


def test_texts_show_their_order():
    assert day_order(["13/04/2018", "01/02/2018"]) == "dmy"
    assert day_order(["04/13/2018"]) == "mdy"
    assert day_order(["01/02/2018"]) is None


def test_dates_stand_where_they_are_told():
    text = "Datum: 12. März 2018, 10:04"
    (found,) = dates_in(text)
    assert text[found.start : found.end] == "12. März 2018"


def test_times_of_day():
    assert [found.time for found in times_in("8:01:11 PM  10:04  20.15")] == [
        time(20, 1, 11),
        time(10, 4),
        time(20, 15),
    ]
    assert [found.time for found in times_in("12:05 AM 13:00 PM 25:00")] == [time(0, 5)]
