"""How long the report of a large run takes to write, how large it is and how fast it opens.

    python bench/screen/report_opening.py DATA.parquet \
        [--reactions 5000] [--times 3] [--keep FOLDER]

The rows of DATA, reactions with reference transition states, are repeated under new names until
there are enough, and written as the results of a run that never was: certainty and energies are
drawn at random, every tenth row is a saddle point with a random mode. Needs chromium and
playwright. Prints the wall and processor seconds that `tscreen report` takes, the size of the page
and, of a Chromium that draws without a GPU, the seconds until the page answers to the user, those
of its main thread alone, and those from a key press in the table until the next reaction is shown
(medians).
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import RESULT_FIELDS
from tscreen.screen.cli.main import app
from tscreen.screen.dataset.output import PLAN
from tscreen.screen.dataset.writing import CHUNKS, REJECTS, RESULTS

PART_ROWS = 500
SWIFTSHADER = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def write_run(data: Path, out: Path, reactions: int) -> None:
    """A run over rows of the data, with a report that says no more than their number."""
    source = pq.read_table(data)
    rows = source.take(pa.array(np.arange(reactions) % len(source)))
    rng = np.random.default_rng(0)
    status = np.where(rng.random(reactions) < 0.1, "xtb", "generated")
    atoms = [len(numbers) for numbers in rows[c.ATOMIC_NUMBERS].to_pylist()]
    modes = [
        rng.normal(0, 0.3, (n, 3)) if of == "xtb" else None
        for n, of in zip(atoms, status, strict=True)
    ]
    reaction_energy = rng.normal(0, 30, reactions)
    barrier = np.maximum(reaction_energy, 0) + rng.gamma(3, 15, reactions)
    predicted = barrier + rng.normal(0, 4, reactions)
    cells = {
        c.REACTION_ID: [f"{name}/{k}" for k, name in enumerate(rows[c.REACTION_ID].to_pylist())],
        c.STATUS: status,
        c.P_GOOD: rng.beta(2, 1, reactions),
        c.EXPECTED_RMSD: np.exp(rng.normal(-1.8, 0.6, reactions)),
        c.SAMPLE_SPREAD: np.exp(rng.normal(-2, 0.6, reactions)),
        c.BARRIER: barrier,
        c.REACTION_ENERGY: reaction_energy,
        c.ENERGY_LEVEL: ["GFN2-xTB//generated"] * reactions,
        c.BARRIER_ML: predicted,
        c.BARRIER_ML_LOW: predicted - 5,
        c.BARRIER_ML_HIGH: predicted + 5,
        c.IMAGINARY_MODE: positions_array(modes),
        c.SEED: rng.integers(0, 2**62, reactions),
        c.WALL_S: rng.gamma(2, 1, reactions),
    }
    columns = [
        pa.array(cells[field.name], field.type)
        if field.name in cells
        else rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(reactions, field.type)
        for field in RESULT_FIELDS
    ]
    table = pa.table(columns, schema=RESULT_FIELDS)
    if c.SMILES in rows.column_names:
        table = table.append_column(c.SMILES, rows[c.SMILES])
    for folder in (RESULTS, REJECTS):
        (out / CHUNKS / folder).mkdir(parents=True)
    for start in range(0, reactions, PART_ROWS):
        part = table.slice(start, PART_ROWS)
        pq.write_table(part, out / CHUNKS / RESULTS / f"part-{start}.parquet", compression="zstd")
    (out / PLAN).write_text(json.dumps({"rows": reactions, "settings": {}}))


def opening(page_file: Path, times: int) -> tuple[float, float, float]:
    """Seconds until the page answers, those that its thread worked, and of a key press; medians."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("there is no chromium; `apt-get install chromium` brings one")
    ready, worked, turned = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*SWIFTSHADER, "--no-sandbox"]
        )
        for _ in range(times):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            metrics = page.context.new_cdp_session(page)
            metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(page_file.as_uri())
            page.wait_for_selector("html[data-ready]")
            ready.append(float(page.get_attribute("html", "data-ready") or "nan") / 1000)
            told = metrics.send("Performance.getMetrics")["metrics"]
            worked += [one["value"] for one in told if one["name"] == "TaskDuration"]
            page.locator("#table tbody tr").first.focus()
            turned.append(
                page.evaluate(
                    """() => {
                      const start = performance.now();
                      const down = { key: "ArrowDown", bubbles: true };
                      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", down));
                      return (performance.now() - start) / 1000;
                    }"""
                )
            )
            page.close()
        browser.close()
    return statistics.median(ready), statistics.median(worked), statistics.median(turned)


def main() -> None:
    """Write the run, then its report, then open it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reactions", type=int, default=5000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the run and its page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = (options.keep or Path(folder) / "out").resolve()
        write_run(options.data, out, options.reactions)
        start, work = time.perf_counter(), time.process_time()
        app(["report", str(out)], standalone_mode=False)
        seconds, work = time.perf_counter() - start, time.process_time() - work
        page_file = out / "report.html"
        ready, worked, turned = opening(page_file, options.times)
        print(
            f"{options.reactions} reactions written in {seconds:.1f} s, {work:.1f} s of processor "
            f"time; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        print(f"size {page_file.stat().st_size / 1e6:.1f} MB")
        print(f"opened in {ready:.2f} s, {worked:.2f} s of them work of its main thread")
        print(f"next structure after {1000 * turned:.0f} ms")


if __name__ == "__main__":
    main()
