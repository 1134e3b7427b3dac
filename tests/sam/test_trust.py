"""What the papers on security name exists: tests by their names, definitions of the template, files."""

import re
import unittest

from stack import ROOT, source

SHEET = "docs/SECURITY_CHECKSHEET.ja.md"
PAPERS = (SHEET, "docs/THREATS.md", "docs/個人データの取扱い.md", "SECURITY.md", "CONTRIBUTING.md", "docs/RELEASE.md")
TEST = re.compile(r"`([\w./-]+\.(?:rs|py))::(\w+)`")
DEFINITION = re.compile(r"`((?:template|fleet|egress)\.yaml)#(\w+)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PRODUCT, CONTRACT = "製品", "契約"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def is_test(name, source_text):
    """A Rust function with a test attribute above it, or a Python test method."""
    rust = re.compile(rf"#\[(?:tokio::)?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn {name}\b")
    python = re.compile(rf"^    def {name}\(self", re.MULTILINE)
    return bool(rust.search(source_text) or (name.startswith("test_") and python.search(source_text)))


def rows():
    """The check sheet's rows: number, item, kind, answer, evidence."""
    found = []
    for line in text(SHEET).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0].isdigit():
            found.append(cells)
    return found


class Papers(unittest.TestCase):
    def test_every_test_that_is_named_exists(self):
        named = 0
        for paper in PAPERS:
            for path, name in TEST.findall(text(paper)):
                named += 1
                self.assertTrue((ROOT / path).is_file(), f"{paper}: {path}")
                self.assertTrue(is_test(name, text(path)), f"{paper}: {path} has no test {name}")
        self.assertGreater(named, 60)

    def test_every_definition_that_is_named_is_in_the_template(self):
        named = [(paper, *definition) for paper in PAPERS for definition in DEFINITION.findall(text(paper))]
        self.assertGreater(len(named), 4)
        for paper, file, name in named:
            template = source(file)
            known = set().union(*(template.get(part, {}) for part in ("Resources", "Parameters", "Outputs")))
            self.assertIn(name, known, f"{paper}: {file}")

    def test_every_link_leads_to_a_file(self):
        for paper in PAPERS:
            for target in LINK.findall(text(paper)):
                self.assertTrue(((ROOT / paper).parent / target).exists(), f"{paper}: {target}")

    def test_parameters_that_the_retention_table_names_have_the_defaults_it_says(self):
        parameters = source()["Parameters"]
        named = re.findall(r"`(\w+)`\((\d+)日\)", text("docs/個人データの取扱い.md"))
        self.assertGreater(len(named), 3)
        for name, days in named:
            self.assertEqual(str(parameters[name]["Default"]), days, name)


class CheckSheet(unittest.TestCase):
    def test_every_item_is_numbered_answered_and_of_a_kind(self):
        found = rows()
        self.assertEqual([int(row[0]) for row in found], list(range(1, len(found) + 1)))
        self.assertGreaterEqual(len(found), 70)
        for row in found:
            self.assertEqual(len(row), 5, row)
            self.assertIn(row[2], (PRODUCT, CONTRACT), row)
            self.assertTrue(row[1] and row[3], row)

    def test_nine_of_ten_items_of_the_product_name_their_proof(self):
        product = [row for row in rows() if row[2] == PRODUCT]
        proven = [row for row in product if TEST.search(row[4]) or DEFINITION.search(row[4])]
        self.assertGreater(len(product), 50)
        self.assertGreaterEqual(len(proven) / len(product), 0.9, [row[1] for row in product if row not in proven])


class ItsOwnEyes(unittest.TestCase):
    def test_a_function_that_is_no_test_is_not_taken_for_one(self):
        self.assertTrue(is_test("a", "#[test]\nfn a() {}"))
        self.assertTrue(is_test("a", "    #[tokio::test(start_paused = true)]\n    async fn a() {}"))
        self.assertFalse(is_test("a", "fn a() {}\n#[test]\nfn b() {}"))
        self.assertTrue(is_test("test_a", "class A:\n    def test_a(self):\n"))
        self.assertFalse(is_test("test_a", "# test_a"))


if __name__ == "__main__":
    unittest.main()
