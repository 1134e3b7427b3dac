"""The 人事データ連携 pages in a real browser, over `cargo demo --page`: an administrator who has read nothing understands a
failed run, puts the sheet right, approves a held run, disconnects and connects again, all by clicking.

Every page that is looked at is checked by axe-core (WCAG 2.2 AA), must leave no error in the browser's console, and is
photographed at a desk's and at a phone's width, into target/screenshots/.
"""

import base64
import importlib.resources
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("EMC_LINK_TARGET", ROOT / "target"))
PICTURES = TARGET / "screenshots"
AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LINK = re.compile(r"http://127\.0\.0\.1:\d+/launch\?token=\S+")
DESK, PHONE = (1180, 900), (390, 844)
PATIENCE = 120


class Demo:
    """`cargo demo --page`, and its launch links."""

    def __init__(self, folder):
        arguments = ["demo", "--page", "--port", "0", "--fast", "--employees", "300", "--keep", str(folder)]
        self.log = open(TARGET / "browser-demo.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [str(TARGET / "debug" / "xtask"), *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, encoding="utf-8",
        )
        self.first = self._next()

    def _next(self):
        for line in self.process.stdout:
            self.log.write(line)
            found = LINK.search(line)
            if found:
                return found.group()
        raise AssertionError(f"the demo ended: {self.process.wait()}; see {self.log.name}")

    def link(self):
        if self.first:
            link, self.first = self.first, None
            return link
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._next()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


def browser(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    for argument in [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=ja",
        f"--user-data-dir={profile}",
    ]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver") or "chromedriver")
    return webdriver.Chrome(options=options, service=service)


class ThePages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(parents=True, exist_ok=True)
        cls.folder = tempfile.TemporaryDirectory()
        cls.demo = Demo(pathlib.Path(cls.folder.name) / "demo")
        cls.driver = browser(pathlib.Path(cls.folder.name) / "profile")
        cls.base = cls.demo.first.split("/launch")[0]

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        cls.demo.stop()
        cls.folder.cleanup()

    # What a person does.

    def enter(self):
        self.driver.delete_all_cookies()
        self.driver.get(self.demo.link())

    def click(self, words):
        """Clicks the link or button that says so."""
        path = f"//main//*[self::a or self::button][normalize-space()='{words}'] | //nav//a[normalize-space()='{words}']"
        found = self.driver.find_elements(By.XPATH, path)
        self.assertTrue(found, f"nothing says {words} on {self.driver.current_url}:\n{self.text()}")
        before = self.driver.find_element(By.TAG_NAME, "html")
        found[0].click()
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.left(before))

    def left(self, page):
        try:
            page.is_enabled()
            return False
        except Exception:  # The element went with its page.
            return True

    def watch(self):
        """Waits on the progress page until it leads to the run."""
        WebDriverWait(self.driver, PATIENCE).until(lambda driver: "/runs/" in driver.current_url)

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def says(self, *words):
        text = self.text()
        for word in words:
            self.assertIn(word, text)

    # What is looked at.

    def look(self, name):
        violations = self.axe()
        self.assertEqual(violations, [], f"axe on {name}")
        self.assertEqual(self.errors(), [], f"console on {name}")
        for suffix, (width, height) in [("", DESK), ("-phone", PHONE)]:
            self.driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": bool(suffix)},
            )
            overflow = self.driver.execute_script(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            self.assertLessEqual(overflow, 0, f"{name} is wider than {width} px")
            if suffix:
                self.assertEqual(self.axe(), [], f"axe on {name} at a phone's width")
            whole = self.driver.execute_script("return document.documentElement.scrollHeight")
            self.driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": min(max(whole, height), 4000), "deviceScaleFactor": 1, "mobile": bool(suffix)},
            )
            self.driver.save_screenshot(str(PICTURES / f"{name}{suffix}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def dark(self, name):
        """The same page in dark colours: axe looks at the contrast again."""
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.assertEqual(self.axe(), [], f"axe on {name} in dark colours")
        self.driver.save_screenshot(str(PICTURES / f"{name}-dark.png"))
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def printed(self, name):
        """The same page on paper: nothing that only a screen can use is on it."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        # As wide as A4 between its margins, and as long as it is.
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        )
        whole = self.driver.execute_script("return document.documentElement.scrollHeight")
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 718, "height": min(max(whole, 1000), 4000), "deviceScaleFactor": 1, "mobile": False},
        )
        for selector in ["nav", "form.leave", "form.search", ".actions", "details.help", ".on-screen"]:
            for element in self.driver.find_elements(By.CSS_SELECTOR, selector):
                self.assertFalse(element.is_displayed(), f"{selector} is printed on {name}")
        for element in self.driver.find_elements(By.CSS_SELECTOR, ".on-paper"):
            self.assertTrue(element.is_displayed(), f"a part for paper is missing on {name}")
        self.driver.save_screenshot(str(PICTURES / f"{name}-print.png"))
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        pages = base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
        self.assertTrue(pages.startswith(b"%PDF"))
        (PICTURES / f"{name}.pdf").write_bytes(pages)

    def axe(self):
        self.driver.execute_script(AXE)
        report = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
            ".then(done, error => done({violations: [{id: String(error), nodes: []}], passes: []}));"
        )
        self.assertTrue(report["violations"] or report["passes"], "axe looked at nothing")
        return [(found["id"], [node["html"] for node in found["nodes"]]) for found in report["violations"]]

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    # The story.

    def test_1_a_failed_run_is_understood_and_the_sheet_put_right(self):
        self.enter()
        self.says("人事 花子 様", "連携済み", "失敗")
        self.look("overview")
        self.click("エラーの内容と直し方を見る")
        self.says("連携設定シートのカスタム項目がSmartHRにありません", "直し方", "エマージェンシーコールは前回のままです")
        self.look("failed-run")
        self.click("連携設定シート")
        self.look("sheet")
        self.upload_a_wrong_sheet()
        self.click("連携設定シート")
        self.click("このシートに戻す")
        self.says("現在のシートとの違い", "変更", "照合済み")
        self.look("sheet-changes")
        self.click("このシートで事前確認")
        self.watch()
        self.says("このまま実行すると保留になります")
        self.look("preview")
        self.click("シートの適用に進む")
        self.look("sheet-previewed")
        self.click("適用する")
        self.says("新しいシートを適用しました")

    def upload_a_wrong_sheet(self):
        """Its faults lead to their rows, which are marked."""
        sheet = (ROOT / "crates/simulators/src/samples/full.csv").read_text(encoding="utf-8")
        wrong = pathlib.Path(self.folder.name) / "wrong.csv"
        wrong.write_text(sheet.replace("社員番号", "社員番合"), encoding="utf-8")
        self.driver.find_element(By.ID, "file").send_keys(str(wrong))
        self.click("アップロードして確認する")
        self.errors()  # The browser notes the page's status, 422.
        self.says("アップロードしたシートに誤りがあります", "社員番合", "シートは変更していません")
        marked = self.driver.find_elements(By.CSS_SELECTOR, "tr.wrong")
        self.assertTrue(marked and all("誤り" in row.text for row in marked))
        self.look("sheet-faults")

    def test_2_a_held_run_is_approved(self):
        self.enter()
        self.click("今すぐ実行")
        self.watch()
        self.says("保留", "次にすること")
        self.look("held-run")
        self.click("対象を確認して承認する")
        self.says("削除される対象", "理由と所属部署ごとの件数", "緊急連絡が届かなくなります")
        self.look("approval")
        self.printed("approval")
        deletions = re.search(r"合計「(\d+)」", self.text()).group(1)
        rows = self.driver.find_elements(By.CSS_SELECTOR, ".on-paper tbody tr")
        self.assertEqual(len(rows), int(deletions), "all deletions are printed")
        self.driver.find_element(By.ID, "reason").send_keys("組織の改編のため")
        self.driver.find_element(By.ID, "phrase").send_keys(deletions)
        self.click("承認して実行")
        self.watch()
        self.says("成功", "エマージェンシーコールに反映しました")
        self.look("approved-run")
        self.dark("approved-run")
        self.printed("approved-run")
        self.click("概要")
        self.look("overview-after")
        self.click("社員の一覧を見る")
        self.click("連携対象外")
        self.says("連携する範囲の外")
        self.look("left-out")
        self.click("概要")
        self.click("すべての実行履歴を見る")
        self.says("人事 花子 様", "自動(毎日)")
        self.look("runs")

    def test_3_the_link_is_ended_refused_and_made_again(self):
        self.enter()
        self.click("SmartHR連携")
        self.look("connection")
        self.click("連携を解除する")
        self.look("disconnect")
        self.driver.find_element(By.NAME, "sure").click()
        self.click("連携を解除する")
        self.says("連携を解除しました", "未連携")
        self.look("unconnected")
        self.click("連携する")
        self.says("アプリケーション連携の許可")
        self.errors()  # The simulated SmartHR has no icon.
        self.click("許可しない")
        self.says("SmartHRで許可されませんでした")
        self.errors()  # The browser notes the page's status, 403.
        self.look("refused")
        self.click("SmartHR連携の画面に戻る")
        self.click("連携する")
        self.click("許可する")
        self.errors()
        self.says("SmartHRと連携しました", "連携済み")
        self.look("connected")
        self.says("変更の即時反映", "無効")
        self.click("有効にする")
        self.says("変更の即時反映を有効にし、SmartHRにWebhookを登録しました")
        self.errors()
        self.look("on-change")
        self.click("無効にする")
        self.says("変更の即時反映を無効にしました")
        self.click("点検")
        self.watch()
        self.says("Point①")
        self.look("check")

    def test_4_another_link_is_ordered(self):
        self.enter()
        self.click("SmartHR連携")
        self.click("連携を追加する")
        fields = {
            "company": "みなとロジスティクス株式会社", "tenant": "minato-logi", "subdomain": "minato-logi", "prefix": "B",
            "top_id": "0", "top_name": "みなとロジスティクス株式会社", "mail": "hr@example.co.jp",
        }
        for name, text in fields.items():
            self.driver.find_element(By.ID, name).send_keys(text)
        self.click("依頼内容を作成する")
        self.says("運用担当への依頼内容", "メールを作成する")
        self.look("order")
        self.click("操作の記録")
        self.says("保留を承認して実行", "SmartHRと連携")
        self.look("audit")
        self.click("個人データの取扱いを見る")
        self.says("保管するものと期間")
        self.look("privacy")
        self.printed("privacy")
        self.driver.back()
        self.click("記録をダウンロードする")
        self.look("export")
        self.dark("export")

    def test_5_who_leaves_is_outside(self):
        self.enter()
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.driver.find_element(By.XPATH, "//header//button[normalize-space()='ログアウト']").click()
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.left(before))
        self.says("ログアウトしました")
        self.look("left")
        self.driver.get(self.base + "/runs")
        self.says("画面を開き直してください")
        self.errors()
        self.look("outside")

    def test_6_everything_can_be_reached_with_the_keyboard(self):
        self.enter()
        reached = set()
        self.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
        self.assertEqual(self.driver.switch_to.active_element.text, "本文へ移動")
        for _ in range(80):
            element = self.driver.switch_to.active_element
            if element.tag_name in ("a", "button"):
                reached.add(element.text)
                outline = element.value_of_css_property("outline-style")
                self.assertNotEqual(outline, "none", f"{element.text} shows no focus")
            element.send_keys(Keys.TAB)
        for words in ["概要", "実行履歴", "連携設定シート", "SmartHR連携", "操作の記録", "事前確認", "今すぐ実行", "点検"]:
            self.assertIn(words, reached)


if __name__ == "__main__":
    unittest.main()
