"""README in two languages: the same code, pictures, links and figures."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGLISH, JAPANESE = (
    re.sub(r"(?s)<!--.*?-->", "", (ROOT / name).read_text(encoding="utf-8"))
    for name in ("README.md", "README.ja.md")
)
LINK = r"\]\(([^)]+)\)"


def tables(text):
    """The numbers in each row of a table, whatever stands beside them."""
    rows = re.findall(r"^\|.*\|$", text, re.M)
    return [re.findall(r"[−+]?\d*\.\d+|[−+]?\d[\d,]*", row) for row in rows]


def test_both_have_the_same_code_blocks():
    blocks = re.findall(r"(?s)^```.*?^```$", ENGLISH, re.M)
    assert len(blocks) > 10
    assert re.findall(r"(?s)^```.*?^```$", JAPANESE, re.M) == blocks


def test_both_have_the_same_pictures():
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", ENGLISH)
    assert len(pictures) == 2
    assert re.findall(r"!\[[^]]*\]\(([^)]+)\)", JAPANESE) == pictures


def test_both_tables_have_the_same_figures():
    rows, others = tables(ENGLISH), tables(JAPANESE)
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert [cell for cell in row if "." in cell] == [cell for cell in other if "." in cell]


def test_each_links_to_the_other_and_both_to_the_same_pages():
    links, others = (set(re.findall(LINK, text)) for text in (ENGLISH, JAPANESE))
    assert "README.ja.md" in links
    assert "README.md" in others
    pages, other_pages = ({link for link in found if "README" not in link and link[0] != "#"}
                          for found in (links, others))  # fmt: skip
    assert pages == other_pages


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE], ids=["README.md", "README.ja.md"])
def test_no_link_leads_nowhere(text):
    for link in re.findall(LINK, text):
        if not link.startswith(("http", "#")):
            assert (ROOT / link).exists(), link
    headings = {"#" + re.sub(r"\s+", "-", h.lower()) for h in re.findall(r"^#+ (.*)$", text, re.M)}
    assert {link for link in re.findall(LINK, text) if link.startswith("#")} <= headings
