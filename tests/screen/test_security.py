"""What a file, a setting or the network could do to the machine that screens them."""

import contextlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import STARTS_RAY, reaction_row, reaction_table

from tscreen.model.weights import WeightsError, file_hash, read_card
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import plan, read_chunk
from tscreen.screen.storage.location import Location

LISTENING = "0A"
LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")


class Touch:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def in_a_list(array: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(range(len(array) + 1), pa.int32()), array)


@pytest.mark.parametrize("wrap", [lambda array: array, in_a_list])
@pytest.mark.parametrize("name", ["family", "reaction_id", "charge"])
def test_a_pickle_in_a_users_parquet_file_is_never_loaded(tmp_path, name, wrap):
    import ray.data  # noqa: F401 - registers the type that unpickles
    from ray.data._internal.object_extensions.arrow import ArrowPythonObjectType

    touched = tmp_path / "touched"
    stored = pa.array([pickle.dumps(Touch(touched))] * 2, pa.large_binary())
    poison = wrap(pa.ExtensionArray.from_storage(ArrowPythonObjectType(), stored))
    table = reaction_table(reaction_row("a"), reaction_row("b"))
    table = table.drop_columns([name] if name in table.column_names else [])
    pq.write_table(table.append_column(name, poison), tmp_path / "in.parquet")

    planned = plan([Location.at(tmp_path / "in.parquet")], block_rows=9, filter=None, limit=None)
    rows = [row for chunk in planned.chunks for row in read_chunk(chunk).to_pylist()]
    assert rows
    assert not touched.exists()
    if wrap is not in_a_list:  # which Arrow itself cannot read
        pq.read_table(tmp_path / "in.parquet")[name][0].as_py()
        assert touched.exists(), "the file would have done no harm anyway"


def test_weights_that_are_a_pickle_are_never_loaded(tmp_path):
    from tscreen.model.inference.loading import load_model
    from tscreen.model.weights import CARD, SHIPPED, TENSORS

    card = (SHIPPED / CARD).read_text()
    (tmp_path / TENSORS).write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    sha256 = read_card(SHIPPED).sha256
    (tmp_path / CARD).write_text(card.replace(sha256, file_hash(tmp_path / TENSORS)))
    with pytest.raises(WeightsError, match="holds no tensors"):
        load_model(tmp_path)
    assert not (tmp_path / "touched").exists()


def test_a_checkpoint_that_is_no_mere_data_is_never_loaded(tmp_path):
    from tscreen.model.training.training import CHECKPOINT, Trainer

    (tmp_path / CHECKPOINT).write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    trainer = Trainer.__new__(Trainer)  # as far as resuming needs it
    trainer.out, trainer.device = tmp_path, "cpu"
    with pytest.raises(pickle.UnpicklingError):
        trainer.resume()
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "condition",
    [
        "charge = (SELECT COUNT(*) FROM read_csv('/etc/passwd'))",
        "1 = 1; DROP TABLE self",
        "__import__('os').getcwd() = ''",
    ],
)
def test_a_filter_is_a_condition_on_columns_and_nothing_else(tmp_path, condition):
    pq.write_table(reaction_table(reaction_row("a")), tmp_path / "in.parquet")
    with pytest.raises(UsageError):
        plan([Location.at(tmp_path / "in.parquet")], block_rows=9, filter=condition, limit=None)


def test_names_in_the_input_never_become_paths(tmp_path):
    rows = [reaction_row(f"../../{i}", family="/etc/../x") for i in range(3)]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    planned = plan([Location.at(tmp_path / "in.parquet")], block_rows=1, filter=None, limit=None)
    assert all(chunk.name.isalnum() for chunk in planned.chunks)


FOREIGN = ("numpy", "socket", "pickle", "json", "logging", "ray", "torch", "e3nn", "rdkit", "ase")
FOREIGN += ("xtb", "sella", "jax", "scipy", "sitecustomize", "tscreen", "model", "screen", "actors")
POOL = """
from tscreen.actors.workers.pools import calculating_pool

if __name__ == "__main__":
    with calculating_pool(1) as pool:
        assert pool.submit(abs, -1).result() == 1
"""
COMMAND = "from tscreen.screen.cli.main import main\nmain()\n"
SCREEN = ["run", "in.parquet", "--out", "out", "--samples", "1", "--engine"]


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        pytest.param(POOL, [], id="pool"),
        pytest.param(COMMAND, [*SCREEN, "local"], id="local"),
        pytest.param(COMMAND, [*SCREEN, "ray"], id="ray", marks=STARTS_RAY),
    ],
)
def test_nothing_is_imported_from_the_folder_where_a_command_is_started(
    tmp_path, script, arguments
):
    """Not by it, its workers or their children, all of which such a file would tell of itself.

    The script lies elsewhere, as the command that is installed does.
    """
    here, ran = tmp_path / "here", tmp_path / "ran"
    here.mkdir()
    for name in FOREIGN:
        (here / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write('{name} ')\n1 / 0\n")
    elsewhere = tmp_path / "command.py"
    elsewhere.write_text(script)
    pq.write_table(reaction_table(reaction_row("a")), here / "in.parquet")
    done = subprocess.run(
        [sys.executable, elsewhere, *arguments],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert not ran.exists(), ran.read_text()
    assert done.returncode == 0, done.stderr
    assert (here / "out" / "run.json").exists() == bool(arguments)


@STARTS_RAY
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux to list open ports")
def test_ray_listens_on_this_machine_alone(tmp_path):
    """In a process of its own, so that the ports are those of its session."""
    script = tmp_path / "session.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from tscreen.screen.engine.cluster.session import ray_session\n"
        "with ray_session(None, Path(sys.argv[1])):\n"
        "    import ray\n"
        "    ray.get(ray.remote(lambda: 1).remote())\n"
        "    print('up', file=sys.__stdout__, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "ray.log")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "up\n"
    mine = sockets_of(process.pid)
    heard, reachable = listening() & mine.keys(), listening(beyond=LOOPBACK) & mine.keys()
    process.stdin.close()
    process.wait()
    assert heard
    assert {mine[socket] for socket in reachable} == set()


def sockets_of(root: int) -> dict[str, str]:
    """Sockets of a process and of all that it and they have started, with the names of these."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = {root}
    while new := {child for child, parent in parents.items() if parent in family} - family:
        family |= new
    found = {}
    for process in (Path("/proc", str(pid)) for pid in family):
        with contextlib.suppress(OSError):
            name = process.joinpath("comm").read_text().strip()
            found |= {str(link.readlink()): name for link in process.joinpath("fd").iterdir()}
    return found


def listening(beyond: tuple[str, ...] = ()) -> set[str]:
    """Sockets of this machine that wait for connections at other addresses than these."""
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path("/proc/net", name).read_text().splitlines()[1:]
    ]
    return {
        f"socket:[{line[9]}]"
        for line in lines
        if line[3] == LISTENING and line[1].split(":")[0] not in beyond
    }
