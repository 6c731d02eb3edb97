"""The report in a real browser: offline, sortable, searchable, usable by keyboard, and inert."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import HCN, HNC
from report_runs import MODE, TS, result, write_run
from services import chromium

from tscreen.actors.drawing.reaction import WIDTH
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.cli.main import app
from tscreen.screen.report import collect

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><b>bold</b>"
ROWS = 60
# How many pixels of the structure are drawn, and a number that changes with any of them.
INK = """() => new Promise((found) => requestAnimationFrame(() => {
  const canvas = document.querySelector(".stage canvas");
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let [n, sum] = [0, 0];
  for (let k = 0; k < data.length; k += 4) {
    if (data[k + 3]) [n, sum] = [n + 1, (sum * 31 + data[k] + 7 * k) % 1e9];
  }
  found([n, sum]);
}))"""


def write_page(out: Path, rows: list[dict], rejects: list[dict] | None = None, **how) -> Path:
    write_run(out, rows, rejects, **how)
    app(["report", str(out)], standalone_mode=False)
    return out / "report.html"


def results() -> list[dict]:
    """Barriers fall while names rise; the last has none, and one is a saddle point."""
    rows = [
        result(f"r{k:02}", **{c.BARRIER: 100.0 - k, c.P_GOOD: k / ROWS, "family": "shift"})
        for k in range(ROWS - 1)
    ]
    rows[7] |= {c.STATUS: "xtb", c.IMAGINARY_MODE: MODE, c.IMAGINARY_FREQUENCY: -1100.0}
    # A molecule that is pulled apart, so that its picture is another one.
    rows[58] |= {c.TS_POSITIONS: [[2.5, 0.0, 0.0], [0.0, 0.0, 0.0], [-1.2, 0.0, 0.0]]}
    failed = {c.STATUS: "failed", c.BARRIER: float("nan"), c.ERROR_CODE: "xtb_scf"}
    return [*rows, result(HOSTILE, family=HOSTILE, **failed, **{c.ERROR_MESSAGE: HOSTILE})]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory) -> Path:
    rejects = [{c.REACTION_ID: "bad", c.CODE: "bad_smiles", c.MESSAGE: HOSTILE, c.SOURCE_ROW: 3}]
    return write_page(tmp_path_factory.mktemp("report") / "out", results(), rejects, ended=True)


class Opened:
    """A page, and all that went wrong or out while it was open."""

    def __init__(self, browser, page_file: Path, link: str = "", **how):
        self.page = browser.new_page(
            viewport=how.pop("viewport", {"width": 1280, "height": 900}), **how
        )
        self.page.set_default_timeout(60_000)
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console",
            lambda said: said.type in ("error", "warning") and self.faults.append(said.text),
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.url = page_file.as_uri()
        self.page.goto(self.url + link)
        self.page.wait_for_selector("html[data-ready]")

    def ids(self) -> list[str]:
        return self.page.locator("#table tbody th").all_inner_texts()

    def chosen(self) -> str:
        return self.page.locator("#chosen").inner_text()

    def note(self) -> str:
        return self.page.locator("#search-note").inner_text()

    def view(self, name: str) -> None:
        self.page.locator(f"input[name=view][value={name}]").check(force=True)


@pytest.fixture
def opened(browser, page_file) -> Iterator[Opened]:
    one = Opened(browser, page_file)
    yield one
    one.page.close()
    assert not one.faults


def test_it_opens_from_a_file_and_asks_for_nothing_else(opened):
    outside = [url for url in opened.requests if not url.startswith(("data:", "blob:"))]
    assert outside == [opened.url]
    assert opened.page.locator("#figures dd").first.inner_text() == str(ROWS + 1)


def test_the_lowest_barrier_is_first_and_rows_without_one_are_last(opened):
    assert opened.ids()[0] == "r58"
    opened.page.get_by_label("Last page").click()
    assert opened.ids()[-1] == HOSTILE


def test_a_heading_sorts_and_sorts_back_and_says_so(opened):
    heading = opened.page.locator("#table th[data-column=reaction_id]")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert opened.ids()[1] == "r00"
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert opened.ids()[0] == "r58"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("r07", 1),
        ("status=xtb", 1),
        ("p_good>=0.5", 30),
        ("p_good>=0.5 barrier_kcal_mol<43", 1),
        ("error_code=XTB_SCF", 1),
        ('"onerror="', 1),
        ("nothing-like-this", 0),
    ],
)
def test_words_and_conditions_filter(opened, search, found):
    opened.page.fill("#search", search)
    assert opened.note() == f"{found} of {ROWS} reactions"
    assert len([name for name in opened.ids() if name]) == min(found, 25)


def test_numbers_are_rounded_but_keep_their_signs_and_powers(browser, tmp_path):
    rows = [
        result("a", **{c.REACTION_ENERGY: -0.04, c.RATE_CONSTANT: 2.5e-13}),
        result("b", **{c.REACTION_ENERGY: -14.26, c.RATE_CONSTANT: 3.1e9}),
    ]
    opened = Opened(browser, write_page(tmp_path / "out", rows))
    shown = {}
    for line, name in enumerate("ab"):
        opened.page.locator("#table tbody tr").nth(line).click()
        shown[name] = opened.page.locator(".values dl").text_content()
    assert "reaction_energy_kcal_mol0.0 kcal/mol" in shown["a"]
    assert "rate_constant_s12.5e−13 1/s" in shown["a"]
    assert "reaction_energy_kcal_mol−14.3 kcal/mol" in shown["b"]
    assert "rate_constant_s13.1e+9 1/s" in shown["b"]
    assert not opened.faults
    opened.page.close()


def test_a_condition_on_no_column_is_told(opened):
    opened.page.fill("#search", "p_god>0.5")
    assert opened.note().endswith("there is no column p_god")


def test_a_bar_of_a_histogram_filters_and_its_chip_takes_that_back(opened):
    plot = opened.page.locator(".chart svg").nth(1)  # of p_good
    box = plot.bounding_box()
    opened.page.mouse.click(box["x"] + 56 + 3, box["y"] + 100)
    assert opened.note() == f"3 of {ROWS} reactions"
    opened.page.locator(".chip").click()
    assert opened.note() == f"{ROWS} of {ROWS} reactions"


def test_pressing_a_status_filters_by_it(opened):
    opened.page.locator(".tally-row[data-status=failed]").click()
    assert opened.ids() == [HOSTILE]


def test_another_row_changes_the_picture_and_the_address(opened):
    assert opened.chosen() == "r58"
    first = opened.page.evaluate(INK)
    assert first[0] > 500
    opened.page.locator("#table tbody tr").nth(1).click()
    assert opened.chosen() == "r57"
    assert opened.page.evaluate(INK) != first
    assert opened.page.url.endswith("#reaction=r57")


def test_the_views_of_a_reaction_are_different_pictures(opened):
    opened.page.locator("#table tbody tr").nth(1).click()
    pictures = []
    for view in ("reactant", "ts", "product"):
        opened.view(view)
        pictures.append(tuple(opened.page.evaluate(INK)))
    assert len(set(pictures)) == 3


def test_the_mode_moves_where_there_is_one_and_stops(opened):
    assert opened.page.locator("input[value=mode]").is_disabled()
    opened.page.fill("#search", "r07")
    opened.page.locator("#table tbody tr").click()
    opened.view("mode")
    assert "1100i cm⁻¹" in opened.page.locator(".viewer p[role=status]").inner_text()
    moving = set()
    for _ in range(4):
        moving.add(tuple(opened.page.evaluate(INK)))
        opened.page.wait_for_timeout(150)
    assert len(moving) > 1
    opened.page.get_by_role("button", name="Pause").click()
    still = opened.page.evaluate(INK)
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate(INK) == still


def test_the_slider_leads_from_reactant_to_product(opened):
    opened.page.locator("#table tbody tr").nth(1).click()
    ends = {}
    for view in ("reactant", "product"):
        opened.view(view)
        ends[view] = opened.page.evaluate(INK)
    opened.view("morph")
    slider = opened.page.get_by_label("From reactant to product")
    slider.fill("-1")
    assert opened.page.evaluate(INK) == ends["reactant"]
    slider.fill("1")
    assert opened.page.evaluate(INK) == ends["product"]


def test_bonds_that_change_are_listed_with_their_lengths(opened):
    opened.page.fill("#search", "r07")
    opened.page.locator("#table tbody tr").click()
    rows = opened.page.locator(".bonds tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [
        ["H0–C1", "breaks", "1.06", "1.31", "2.17"],
        ["H0–N2", "forms", "2.22", "1.35", "1.00"],
    ]


def test_the_saddle_points_of_a_reaction_are_listed_where_there_are_several(browser, tmp_path):
    cells = (c.CANDIDATE_RANK, c.CANDIDATE_ENERGY, c.CANDIDATE_GIBBS, c.BOLTZMANN_WEIGHT)
    found = [
        dict(zip((c.REACTION_ID, *cells, c.FOUND_BY, c.CONNECTS), values, strict=True))
        for values in (
            ("one", 1, -9.0, -8.0, 1.0, "candidate-1", "reactant-product"),
            (
                "two",
                2,
                -5.0 + KCAL_MOL,
                -4.0 + 2 * KCAL_MOL,
                0.25,
                "candidate-1",
                "reactant-product",
            ),
            ("two", 1, -5.0, -4.0, 0.75, "turn-0-1", "reactant-product"),
            ("two", 3, -5.5, -4.5, None, "path", "other-product"),
        )
    ]
    rows = [result("one", **{c.BARRIER: 1.0}), result("two", **{c.BARRIER: 2.0})]
    one = Opened(browser, write_page(tmp_path / "out", rows, candidates=found, ended=True))
    assert one.page.locator(".candidates").count() == 0
    one.page.locator("#table tbody tr").nth(1).click()
    told = [row.split() for row in one.page.locator(".candidates tbody tr").all_inner_texts()]
    assert told[:2] == [
        ["turn-0-1", "0.00", "0.00", "0.75", "reactant-product"],
        ["candidate-1", "1.00", "2.00", "0.25", "reactant-product"],
    ]
    assert told[2][0] == "path"
    assert told[2][-1] == "other-product"
    assert not one.faults
    one.page.close()


def test_keys_move_through_the_table_and_over_its_pages(opened):
    page = opened.page
    page.locator("#table tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    assert opened.chosen() == "r57"
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    page.keyboard.press("PageDown")
    assert opened.chosen() == "r32"
    page.keyboard.press("End")
    assert opened.chosen() == HOSTILE
    page.keyboard.press("Home")
    assert opened.chosen() == "r58"
    assert page.evaluate("document.querySelectorAll('#table tr[tabindex=\"0\"]').length") == 1
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_points_of_a_plot_lead_to_their_reactions(opened):
    page = opened.page
    page.locator("select[data-axis=x]").select_option(c.P_GOOD)
    page.locator("select[data-axis=colour]").select_option(c.P_GOOD)
    plot = page.locator("#explorer .plot svg")
    path = plot.locator("path.dots[stroke]").first.get_attribute("d")  # of the lowest p_good
    x, y = (float(at) for at in path.rsplit("M")[-1].removesuffix("h0").split())
    plot.click(position={"x": x, "y": y})
    assert opened.chosen() == "r00"
    assert "r00" in opened.ids()


def test_one_outlier_flattens_no_chart_and_is_counted(browser, tmp_path):
    rows = [result(f"r{k}", **{c.BARRIER: 20.0 + k}) for k in range(20)]
    rows.append(result("far", **{c.BARRIER: 737.0}))
    opened = Opened(browser, write_page(tmp_path / "out", rows))
    notes = opened.page.locator(".chart p").all_inner_texts()
    assert "1 beyond the axis" in notes[0]
    assert "1 of 21 lie beyond the axes and are drawn at their edge" in notes[-1]
    ticks = opened.page.locator("#explorer .tick").all_text_contents()
    assert max(float(tick.replace("−", "-")) for tick in ticks) < 100
    assert not opened.faults
    opened.page.close()


def test_a_path_is_played_and_pressed(browser, tmp_path):
    way = [HCN.tolist(), TS, HNC.tolist()]
    found = {
        c.REACTION_ID: "one",
        c.CANDIDATE_RANK: 1,
        c.PATH_POSITIONS: way,
        c.PATH_ENERGIES: [-45.0, 0.0, -31.0],
        c.PATH_TS: 1,
    }
    sample = np.add(TS, [[0.3, 0.0, 0.1], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).tolist()
    kept = {c.REACTION_ID: "one", c.SAMPLE_RANK: 1, c.SAMPLE_POSITIONS: sample}
    rows = [result("one", **{c.BARRIER: 1.0}), result("two", **{c.BARRIER: 2.0})]
    out = write_page(tmp_path / "out", rows, paths=[found], samples=[kept])
    opened = Opened(browser, out)
    page = opened.page
    assert page.locator("img.drawing").evaluate("image => image.naturalWidth") == 2 * WIDTH
    still = page.evaluate(INK)
    opened.view("overlay")
    assert page.evaluate(INK) != still
    assert "generated TS, RMSD 0." in page.locator(".viewer p[role=status]").inner_text()
    page.get_by_role("button", name="Play the path").click()
    mark = page.locator(".profile.path .predicted")
    places = set()
    for _ in range(4):
        places.add((mark.get_attribute("cx"), tuple(page.evaluate(INK))))
        page.wait_for_timeout(300)
    assert len(places) > 1
    box = page.locator(".profile.path").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + 20)
    assert page.get_by_label("From reactant to product").input_value() == "1"
    page.locator("#table tbody tr").nth(1).click()
    assert page.locator(".profile.path").is_hidden()
    assert page.locator("input[value=overlay]").is_disabled()
    assert not opened.faults
    page.close()


def test_a_large_run_is_shown_in_part_and_the_page_says_so(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MOST_ROWS", 5)
    monkeypatch.setattr(collect, "MOST_STRUCTURES", 3)
    monkeypatch.setattr(collect, "MOST_DETAILS", 1)
    rows = [result(f"r{k}", **{c.BARRIER: 20.0 + k}) for k in range(8)]
    opened = Opened(browser, write_page(tmp_path / "out", rows, ended=True))
    notice = opened.page.locator("#notice").inner_text()
    assert "Of 8 results the page holds the first 5" in notice
    assert "3D structures are those of the first 3" in notice
    assert opened.ids() == [f"r{k}" for k in range(5)]
    opened.page.locator("#table tbody tr").nth(1).click()
    assert opened.page.locator(".stage canvas").is_visible()
    assert opened.page.locator("img.drawing").is_hidden()
    opened.page.locator("#table tbody tr").nth(4).click()
    assert opened.page.locator(".viewer").is_hidden()
    assert "reaction_id = 'r4'" in opened.page.locator(".facts").inner_text()
    assert not opened.faults
    opened.page.close()


def test_paper_holds_all_rows_and_nothing_to_press(opened):
    page = opened.page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#table tbody tr").count() == ROWS
    pressed = page.locator("button:visible, input:visible, select:visible, summary:visible")
    told = {button.split("\n")[0] for button in pressed.all_inner_texts()}
    headings = set(page.locator("#table .name, #reject-table .name").all_inner_texts())
    assert told <= headings | {"generated", "xtb", "failed", "xtb_scf"}  # words as much as buttons
    assert page.locator("img.on-paper").evaluate("image => image.decode().then(() => image.width)")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#table tbody tr").count() == 25


def test_keys_turn_the_structure(opened):
    before = opened.page.evaluate(INK)
    opened.page.locator(".stage").focus()
    opened.page.keyboard.press("ArrowRight")
    assert opened.page.evaluate(INK) != before


def test_everything_that_can_be_used_has_a_name(opened):
    unnamed = opened.page.evaluate(
        """() => [...document.querySelectorAll("button, input, summary, [tabindex='0']:not(tr)")]
          .filter((one) => !(one.innerText || one.ariaLabel || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


def test_text_of_the_run_is_shown_as_it_is_and_does_nothing(opened):
    page = opened.page
    page.fill("#search", "status=failed")
    page.locator("#table tbody tr").click()
    page.locator(".values summary").click()
    assert opened.chosen() == HOSTILE
    assert HOSTILE in page.locator("#facts, .details .notice").first.inner_text()
    assert HOSTILE in page.locator("#reject-table").inner_text()
    assert page.locator("img:not(.drawing, .on-paper)").count() == 0
    assert page.title() == "out · tscreen"


def test_the_policy_stops_scripts_that_are_not_ours(browser, page_file):
    opened = Opened(browser, page_file)
    opened.page.evaluate(
        """() => document.body.append(Object.assign(document.createElement("script"), {
          textContent: "document.title = 'taken'" }))"""
    )
    assert opened.page.title() == "out · tscreen"
    assert any("Content Security Policy" in fault for fault in opened.faults)
    opened.page.close()


def test_a_link_leads_to_its_reaction(browser, page_file):
    opened = Opened(browser, page_file, link="#reaction=r03")
    assert opened.chosen() == "r03"
    assert "r03" in opened.ids()
    assert not opened.faults
    opened.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_button(browser, page_file, scheme):
    opened = Opened(browser, page_file, color_scheme=scheme)
    shade = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]) < 100"
    assert opened.page.evaluate(shade) is (scheme == "dark")
    opened.page.locator("#theme").click()
    assert opened.page.evaluate(shade) is (scheme == "light")
    opened.page.close()
    assert not opened.faults


def test_on_a_narrow_screen_nothing_sticks_out(browser, page_file):
    opened = Opened(browser, page_file, viewport={"width": 380, "height": 800})
    opened.page.fill("#search", "p_good<0.15")
    assert len(opened.ids()) == 9
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 380
    assert opened.page.evaluate("document.documentElement.scrollHeight") <= 2600
    opened.page.close()


def test_a_run_without_results_says_that_it_goes_on(browser, tmp_path):
    opened = Opened(browser, write_page(tmp_path / "out", []))
    assert "0 of 5 rows" in opened.page.locator("#notice").inner_text()
    assert "no results yet" in opened.page.locator("#table").inner_text()
    assert not opened.faults
    opened.page.close()


def test_a_reaction_without_any_structure_is_shown_all_the_same(browser, tmp_path):
    bare = result("bare") | dict.fromkeys(
        (c.TS_POSITIONS, c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS, c.BARRIER, c.P_GOOD)
    )
    opened = Opened(browser, write_page(tmp_path / "out", [bare]))
    assert opened.chosen() == "bare"
    assert "no structure" in opened.page.locator(".viewer p[role=status]").inner_text()
    assert not opened.faults
    opened.page.close()


def test_a_candidate_of_the_ranking_leads_to_its_reactions(browser, tmp_path):
    rows = [
        result(f"shift/{name}/{k}", template="shift", candidate=name, **{c.BARRIER: barrier + k})
        for name, barrier in (("none", 40.0), ("amine", 20.0))
        for k in range(2)
    ]
    opened = Opened(browser, write_page(tmp_path / "out", rows))
    chart = opened.page.locator("#rankings .chart")
    assert chart.locator("circle.predicted").count() == 2
    assert chart.locator(".tick").all_text_contents()[-2:] == ["amine", "none"]
    first = opened.page.locator("#rankings tbody tr").first
    assert "amine" in first.inner_text()
    assert "20.0" in first.inner_text()
    first.get_by_role("button").click()
    assert opened.ids() == ["shift/amine/0", "shift/amine/1"]
    assert opened.chosen() == "shift/amine/0"
    assert not opened.faults
    opened.page.close()
