"""The site is built from the documents, and each of its links leads to a page and a place on it."""

import html.parser
import os
import sys
import urllib.parse

import pytest
from conftest import ROOT, run


class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "img" and attributes.get("src"):
            self.links.append(attributes["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    mdbook = os.path.join(os.path.dirname(sys.executable), "mdbook")
    run(ROOT / "docs/site/build", out, environment={"MDBOOK": mdbook})
    return out / "book"


def test_every_link_of_the_site_leads_somewhere(site):
    pages = {file: Page(file) for file in site.rglob("*.html") if file.name not in ("print.html", "toc.html", "404.html")}
    assert len(pages) > 40
    links = 0
    for file, page in pages.items():
        for link in page.links:
            target = urllib.parse.urlsplit(link)
            if target.scheme or target.netloc or not (target.path or target.fragment):
                continue
            linked = (file.parent / urllib.parse.unquote(target.path)).resolve() if target.path else file
            assert linked.is_file(), f"{file.relative_to(site)} links to {link}"
            links += 1
            if target.fragment and linked in pages:
                anchor = urllib.parse.unquote(target.fragment)
                assert anchor in pages[linked].anchors, f"{file.relative_to(site)} links to {link}: no such place"
    assert links > 400


def test_the_first_page_is_the_readme_with_its_picture(site):
    text = (site / "index.html").read_text()
    assert "docs/demo.png" in text and (site / "docs/demo.png").is_file()
