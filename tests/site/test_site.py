"""The site: built without a warning, every link leads somewhere, and a browser shows it."""

import functools
import html.parser
import http.server
import os
import re
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path

import pytest

import lrsearch
from tests.browser import in_scheme, of_width, started
from tests.demo_log import searched_real
from tests.paper_log import replayed_paper

ROOT = Path(__file__).parents[2]
PAGES = ["index", "comparison", "keras", "tutorials/keras", "concepts/race", "api/lrsearch"]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site: the one that ``nox -s docs`` has built, or one built here."""
    if built := os.environ.get("LRSEARCH_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(folder)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return folder


class Page(html.parser.HTMLParser):
    """What a page refers to, and the names that can be referred to in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.names, self.tags = [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.names.add(value)


@pytest.fixture(scope="session")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


def test_no_link_leads_nowhere(site, pages):
    lost = []
    for path, page in pages.items():
        for link in page.links:
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = path if not url.path else (path.parent / urllib.parse.unquote(url.path))
            target = target.resolve()
            found = target.is_file() and site.resolve() in target.parents
            named = pages.get(site / target.relative_to(site.resolve())) if found else None
            if not found or (url.fragment and named and url.fragment not in named.names):
                lost.append((str(path.relative_to(site)), link))
    assert len(pages) > 30
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(pages):
    for path in pages:
        loaded = re.findall(
            r"<(?:script|img|link rel=.stylesheet.)[^>]*(?:src|href)=.(https?:[^'\" ]*)",
            path.read_text(encoding="utf-8"),
        )
        assert loaded == [], path


def test_every_public_name_is_in_the_reference(site):
    reference = (site / "api" / "lrsearch.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'id="lrsearch\.(\w+)"', reference))
    assert set(lrsearch.__all__) - shown == {"results"}


def test_each_claim_of_the_front_page_is_a_link_to_a_page_with_a_table(pages, site):
    front = (site / "index.html").read_text(encoding="utf-8")
    claims = front.partition("What it claims")[2].partition("</section>")[0]
    points = re.findall(r"<li><p><a[^>]*href=\"([^\"#]*)", claims)
    assert len(points) == claims.count("<li>") == 4
    for link in points:
        assert "table" in pages[site / link].tags


def test_the_table_of_the_evidence_is_what_the_evidence_says():
    page = (ROOT / "docs" / "concepts" / "evidence.md").read_text(encoding="utf-8")
    for search, found in ((replayed_paper(), "0.00041"), (searched_real(), "0.002")):
        evidence = search.evidence()
        trained = sum(bool(record.rate) for record in search.trials)
        interval = f"{evidence.low} to {evidence.high}"
        cells = (trained, found, interval, f"{evidence.noise:.2g}", evidence.digits)
        assert f"| {' | '.join(map(str, cells))} |" in page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with started(tmp_path_factory.mktemp("profile")) as driven:
        yield driven


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *parts):
        pass


@pytest.fixture(scope="module")
def address(site):
    """Where a server on this machine has the site."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_fit_their_window_in_light_and_dark(browser, address, width, scheme):
    of_width(browser, width)
    in_scheme(browser, scheme)
    for page in PAGES:
        browser.get(f"{address}/{page}.html")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        ground, ink = (
            [int(part) for part in re.findall(r"\d+", browser.execute_script(
                f"return getComputedStyle(document.body).{name}"))[:3]]
            for name in ("backgroundColor", "color")
        )  # fmt: skip
        assert (sum(ground) > sum(ink)) == (scheme == "light")
        broken = browser.execute_script(
            "return Array.from(document.images, i => i.naturalWidth ? '' : i.src).filter(s => s)"
        )
        assert broken == []
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_the_search_finds_a_class_and_a_how_to(browser, address):
    from selenium.webdriver.support.wait import WebDriverWait

    of_width(browser, 1280)
    for words, page in (("DigitRace", "api/lrsearch.html"), ("checkpoint", "howto/checkpoints")):
        browser.get(f"{address}/index.html")
        field = browser.find_element("css selector", "input.sidebar-search")
        field.send_keys(words + "\n")
        WebDriverWait(browser, 20).until(
            lambda driven, page=page: any(
                page in (link.get_attribute("href") or "")
                for link in driven.find_elements("css selector", "#search-results a")
            )
        )
