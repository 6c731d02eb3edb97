"""The page of a network in a real browser: graph, structures, routes; offline and inert."""

import pytest
from mechanisms import electronic, molecule, step, write
from services import chromium

from tscreen.schemas import columns as c
from tscreen.screen.cli.main import app

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
WATER = {
    c.ATOMIC_NUMBERS: [8, 1, 1],
    c.MOLECULE_POSITIONS: [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]],
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    net = tmp_path_factory.mktemp("page") / "net"
    rows = [molecule("A", **WATER), molecule("B", 1), molecule("C", 1), molecule(HOSTILE, 1)]
    steps = [
        step("ab", "A", "B", 20, -5),
        step("bc", "B", "C", 30, -5),
        electronic("bad", "C", HOSTILE, 60, 5),
    ]
    write(net, rows, steps)
    app(["report", str(net)], standalone_mode=False)
    return net / "report.html"


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def opened(browser, file):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(60_000)
    faults, requests = [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    yield page
    outside = [url for url in requests if not url.startswith(("data:", "blob:"))]
    assert outside == [file.as_uri()]
    assert not faults
    page.close()


def test_a_phone_shows_all_of_it(opened):
    assert opened.locator("#graph circle").count() == 4
    assert opened.locator("#graph rect").count() == 3
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.locator("#chosen-name").inner_text() == "A"
    assert opened.locator("#stage canvas").count() >= 1
    assert "1 steps have electronic energies" in opened.locator("#notes").inner_text()


def test_a_step_tells_its_barriers_and_leads_to_its_molecules(opened):
    opened.locator("#graph [aria-label^='Step B']").click()
    assert opened.locator("#chosen-name").inner_text() == "B ⇌ C"
    assert "30.0 kcal/mol" in opened.locator("#facts").inner_text()
    opened.locator("#neighbours button", has_text="C").click()
    assert opened.locator("#chosen-name").inner_text() == "C"


def test_a_route_has_its_energies_and_is_marked_in_the_graph(opened):
    rows = opened.locator("#routes tbody tr")
    assert rows.first.locator("td").first.inner_text() == "B"  # the lowest summit is first
    rows.nth(1).click()
    values = opened.locator("#profile .value").all_text_contents()
    assert values == ["0.0", "20.0", "−5.0", "25.0", "−10.0"]
    assert opened.locator("#graph g.on-route rect").count() == 2


def test_the_limit_fades_what_lies_behind_higher_barriers(opened):
    opened.locator("#limit").fill("25")
    assert opened.locator("#graph g.far rect").count() == 2


def test_a_button_zooms(opened):
    before = opened.locator("#graph").get_attribute("viewBox")
    opened.locator("#nearer").click()
    assert opened.locator("#graph").get_attribute("viewBox") != before


def test_text_of_the_tables_does_nothing(opened):
    assert HOSTILE in opened.locator("#routes").inner_text()
    assert opened.locator("img").count() == 0
    assert opened.title() == "net · tscreen"
