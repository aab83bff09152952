"""Makes tests/contract/vectors/tables/: tables as openpyxl 3.1.5 and Python's csv write them.

    python3 -m venv VENV && VENV/bin/pip install openpyxl==3.1.5
    VENV/bin/python scripts/table_fixture.py

`--check` reads instead of writing: what is stored must hold the same cells. `--read FILE…` is the way back: it says, as
JSON, what openpyxl and csv see in files that the worker wrote.
"""

import csv
import datetime
import io
import json
import sys
from pathlib import Path

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

FOLDER = Path(__file__).parent.parent / "tests" / "contract" / "vectors" / "tables"
HEADINGS = ["编号", "问题", "答案", "分类", "相似问", "关键词", "生效时间", "失效时间", "渠道", "状态"]
ENGLISH = ["Status", "Similar Questions", "Valid From", "Answer", "ID", "Question", "Valid To", "Keywords", "Channels", "Category"]
ROWS = [
    ["warranty", "保修多久", "整机保修一年，\n电机三年。", "售后", "质保几年；坏了能修吗\n还在保吗", "保修;质保", "2026-01-01", "2099-12-31",
     "main;shop", "启用"],
    ["", "怎么用“\"慢炖\"”", "按住「慢炖」3 秒, 松手; 听到\"嘀\"。😀", "", "", "", "", "", "", ""],
    ["old", "双十一有什么活动", "'- 满 300 减 50\n- 满 500 减 100", "活动", "a\\;b;C:\\neu", "", "2026/11/1", "2026年11月11日", "", "停用"],
]


def table(headings=HEADINGS, rows=ROWS, order=None):
    order = order or list(range(len(headings)))
    return [headings] + [[row[column] for column in order] for row in rows]


def english():
    """The same in English, in another order, with a column that is not ours."""
    order = [9, 4, 6, 2, 0, 1, 7, 5, 8, 3]
    rows = table(ENGLISH, ROWS, order)
    return [row + [note] for row, note in zip(rows, ["Remark", "x", "", "y"])]


def as_csv(rows, encoding, **how):
    out = io.StringIO(newline="")
    csv.writer(out, **how).writerows(rows)
    return out.getvalue().encode(encoding)


def book(rows):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in rows:
        sheet.append([cell or None for cell in row])
    return made


def workbooks():
    good = book(table())
    sheet = good.active
    # Real dates, a number as an id, text in several looks, rows that are empty, a second sheet.
    sheet["G2"] = datetime.date(2026, 1, 1)
    sheet["H2"] = datetime.datetime(2099, 12, 31)
    sheet["A3"] = 42
    sheet["B4"] = CellRichText("双十一", TextBlock(InlineFont(b=True), "有什么"), "活动")
    sheet["M9"] = None
    sheet["A20"] = " "
    good.create_sheet("说明")["A1"] = "不导入"
    yield "good.xlsx", good

    bad = book(table(rows=ROWS + [["f", "公式", "x"] + [""] * 7, ["e", "错误值", "x"] + [""] * 7]))
    sheet = bad.active
    sheet["C5"] = '=HYPERLINK("http://a.example","x")'
    sheet["C6"] = "#N/A"
    sheet["C6"].data_type = "e"
    sheet["G3"] = "明天"
    yield "bad.xlsx", bad


def texts():
    yield "utf8.csv", as_csv(table(), "utf-8")
    yield "utf8_mark.csv", as_csv(table(), "utf-8-sig", delimiter=";")
    yield "utf16.csv", as_csv(table(), "utf-16", delimiter="\t")
    yield "gb18030.csv", as_csv(table(), "gb18030", quoting=csv.QUOTE_ALL)
    yield "english.csv", as_csv(english(), "utf-8", lineterminator="\n")


def cells(workbook):
    return [[[cell if not isinstance(cell, datetime.date) else str(cell) for cell in row] for row in sheet.values]
            for sheet in workbook.worksheets]


def read(name):
    if name.endswith(".xlsx"):
        return cells(openpyxl.load_workbook(name))
    with open(name, newline="", encoding="utf-8-sig") as file:
        return [list(csv.reader(file, strict=True))]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        print(json.dumps([read(name) for name in sys.argv[2:]], ensure_ascii=False))
        sys.exit()
    for name, content in texts():
        if sys.argv[1:] == ["--check"]:
            if (FOLDER / name).read_bytes() != content:
                sys.exit(f"{name} differs from what Python's csv makes")
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_bytes(content)
    for name, workbook in workbooks():
        if sys.argv[1:] == ["--check"]:
            # Files hold the time at which they were made.
            made = io.BytesIO()
            workbook.save(made)
            if cells(openpyxl.load_workbook(FOLDER / name)) != cells(openpyxl.load_workbook(made)):
                sys.exit(f"{name} differs from what openpyxl makes")
        else:
            workbook.save(FOLDER / name)
