"""Mapping sheets and ID lists as other people's programs write them, given to the operator's command.

Written by openpyxl, XlsxWriter, xlwt, msoffcrypto and odfpy, or byte by byte where a writer would put things right.
"""

import csv
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

import msoffcrypto.format.ooxml
import odf.opendocument
import odf.table
import odf.text
import openpyxl
import xlsxwriter
import xlwt
from openpyxl.styles import Font

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("EMC_LINK_TARGET", ROOT / "target"))
CLI = pathlib.Path(os.environ.get("EMC_LINK_CLI_BIN", TARGET / "debug" / "emc-link"))
TEXT = (ROOT / "crates/simulators/src/samples/product.csv").read_text(encoding="utf-8-sig")
ROWS = list(csv.reader(io.StringIO(TEXT)))
# A list of staff as it lies beside a mapping, longer than any sheet that is read.
STAFF = [[f"{number:05}", "氏名", "部署"] for number in range(20_000)]


def with_openpyxl(sheets, active=0, change=None):
    """A workbook of (title, rows) pairs; `change` may do to it what a person does in Excel."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.active = active
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_xlsxwriter(sheets, active=0, hidden=(), very_hidden=(), **options):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    for at, (title, rows) in enumerate(sheets):
        sheet = book.add_worksheet(title)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if at == active:
            sheet.activate()
        if at in hidden:
            sheet.hide()
        if at in very_hidden:
            sheet.very_hidden()
    book.close()
    return out.getvalue()


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def check(self, content, name="sheet.xlsx"):
        """The command's answer, and its exit code."""
        path = self.folder / name
        path.write_bytes(content)
        done = subprocess.run([CLI, "sheet", "check", "--json", path], capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertNotIn("panicked", done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout), done.returncode

    def accepted(self, content, name="sheet.xlsx"):
        answer, code = self.check(content, name)
        self.assertEqual((answer["errors"], code), ([], 0))
        return answer

    def refused(self, content, *words, name="sheet.xlsx"):
        answer, code = self.check(content, name)
        self.assertNotEqual(code, 0)
        [fault] = answer["errors"]
        for word in words:
            self.assertIn(word, fault["message"])
        return fault


class WhichSheet(Files):
    def test_the_only_sheet_of_each_writer_is_read(self):
        for write in (with_openpyxl, with_xlsxwriter):
            answer = self.accepted(write([("連携設定", ROWS)]))
            self.assertEqual(answer["other_sheets"], [], write.__name__)
        self.accepted(with_xlsxwriter([("連携設定", ROWS)], constant_memory=True))

    def test_of_several_the_one_that_was_open_is_read_and_the_others_are_named(self):
        wrong = [[cell.replace("メールアドレス", "メール") for cell in row] for row in ROWS]
        for write in (with_openpyxl, with_xlsxwriter):
            for active in (0, 1):
                sheets = [("旧", wrong), ("新", ROWS)] if active else [("新", ROWS), ("旧", wrong)]
                answer = self.accepted(write(sheets, active=active))
                self.assertEqual((answer["sheet"], answer["other_sheets"]), ("新", ["旧"]), (write.__name__, active))

    def test_a_hidden_sheet_is_never_read(self):
        note = [("メモ", [["書き方"]])]
        for hidden in ({"hidden": (1,)}, {"very_hidden": (1,)}):
            self.refused(with_xlsxwriter([*note, ("連携設定", ROWS)], **hidden), "「連携設定」は読みません")
        for state in ("hidden", "veryHidden"):
            def hide(book, state=state):
                book["連携設定"].sheet_state = state
            self.refused(with_openpyxl([*note, ("連携設定", ROWS)], change=hide), "「連携設定」は読みません")

    def test_a_long_list_of_staff_beside_it_is_no_obstacle(self):
        for active in (0, 1):
            answer = self.accepted(with_xlsxwriter([("名簿", STAFF), ("連携設定", ROWS)], active=active))
            self.assertEqual((answer["sheet"], answer["other_sheets"]), ("連携設定", ["名簿"]), active)

    def test_rows_that_are_hidden_filtered_or_struck_out_and_in_force_are_named(self):
        def hide(book):
            book.active.row_dimensions[9].hidden = True

        def strike(book):
            for cell in book.active[9]:
                cell.font = Font(strike=True)

        def narrow(book):
            book.active.auto_filter.ref = f"A1:F{len(ROWS)}"
            book.active.auto_filter.add_filter_column(0, ["氏名"])
            book.active.row_dimensions[9].hidden = True

        for change, word in ((hide, "非表示"), (strike, "取り消し線"), (narrow, "非表示")):
            answer = self.accepted(with_openpyxl([("連携設定", ROWS)], change=change))
            self.assertTrue(any(word in hint and "9行目" in hint for hint in answer["hints"]), (word, answer["hints"]))

    def test_what_people_put_around_the_table_changes_nothing(self):
        def dress(book):
            sheet = book.active
            sheet.insert_rows(1, 3)
            sheet["A1"] = "連携設定シート(2026年11月)"
            sheet.merge_cells("A1:F1")
            sheet.insert_cols(1)
            sheet["A5"] = "※"
            sheet.freeze_panes = "B5"
            sheet["H6"] = "=A1"
            sheet["B6"].comment = openpyxl.comments.Comment("確認済み", "人事")

        self.accepted(with_openpyxl([("連携設定", ROWS)], change=dress))


class Refusals(Files):
    """The cause by its name, and what to do. The pages refuse by the same function (crates/link/src/text/kind.rs)."""

    def test_a_workbook_with_a_password(self):
        out = io.BytesIO()
        plain = io.BytesIO(with_openpyxl([("連携設定", ROWS)]))
        msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("secret", out)
        self.refused(out.getvalue(), "パスワードで保護されたExcelブックです", "パスワードを解除し")

    def test_an_old_workbook(self):
        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("連携設定")
        for number, row in enumerate(ROWS):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
        out = io.BytesIO()
        book.save(out)
        for name in ("sheet.xls", "sheet.xlsx"):
            self.refused(out.getvalue(), "古い形式のExcelブック(.xls)です", name=name)

    def test_a_workbook_with_macros(self):
        out, plain = io.BytesIO(), zipfile.ZipFile(io.BytesIO(with_openpyxl([("連携設定", ROWS)])))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            for name in plain.namelist():
                package.writestr(name, plain.read(name))
            package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
        for name in ("sheet.xlsm", "sheet.xlsx"):
            self.refused(out.getvalue(), "マクロを含むExcelブック(.xlsm)です", name=name)

    def test_an_open_document(self):
        document = odf.opendocument.OpenDocumentSpreadsheet()
        table = odf.table.Table(name="連携設定")
        for row in ROWS:
            line = odf.table.TableRow()
            for cell in row:
                box = odf.table.TableCell(valuetype="string")
                box.addElement(odf.text.P(text=cell))
                line.addElement(box)
            table.addElement(line)
        document.spreadsheet.addElement(table)
        out = io.BytesIO()
        document.write(out)
        self.refused(out.getvalue(), "OpenDocument形式(.ods)", name="sheet.ods")

    def test_what_is_no_workbook_at_all(self):
        html = "<html><body><table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in ROWS) + "</table>"
        numbers = zipped({"Index/Document.iwa": b"\0" * 64, "Metadata/Properties.plist": b"x"})
        for content, word, name in (
            (html.encode(), "HTML", "sheet.xls"),
            (html.encode("cp932"), "HTML", "sheet.xlsx"),
            (numbers, "Numbers", "sheet.numbers"),
            (zipped({"sheet.csv": TEXT}), "ZIP", "sheet.xlsx"),
            (b"%PDF-1.7\n", "PDF", "sheet.xlsx"),
        ):
            fault = self.refused(content, word, name=name)
            self.assertNotIn("文字コード", fault["message"], word)

    def test_text_in_other_encodings(self):
        for encoding, word in (("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"),
                               ("euc_jp", "EUC-JP"), ("iso2022_jp", "ISO-2022-JP")):
            self.refused(TEXT.encode(encoding), word, name="sheet.csv")
        for encoding in ("utf-8", "utf-8-sig", "cp932"):
            self.accepted(TEXT.encode(encoding), name="sheet.csv")


class Text(Files):
    def test_separators_and_line_ends_of_every_program(self):
        for delimiter in (",", "\t", ";"):
            for end in ("\r\n", "\n", "\r"):
                for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
                    out = io.StringIO(newline="")
                    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(ROWS)
                    for text in (out.getvalue(), f"sep={delimiter}{end}{out.getvalue()}"):
                        self.accepted(text.encode(), name="sheet.csv")

    def test_a_quote_that_never_closes_is_told_with_its_line_for_every_line_end(self):
        lines = TEXT.replace("\r\n", "\n").splitlines()
        lines[3] = f'{lines[3]},"備考'
        for end in ("\r\n", "\n", "\r"):
            fault = self.refused(end.join(lines).encode(), "4行目の引用符", "閉じられていない", name="sheet.csv")
            self.assertEqual(fault["line"], 4)

    def test_line_numbers_are_the_files_own(self):
        lines = TEXT.replace("\r\n", "\n").splitlines()
        lines[5] = lines[5].replace("エラー", "エラアー")
        for end in ("\r\n", "\n", "\r"):
            answer, _ = self.check(end.join(lines).encode(), "sheet.csv")
            self.assertEqual({fault["line"] for fault in answer["errors"]}, {6}, repr(end))


if __name__ == "__main__":
    unittest.main()
