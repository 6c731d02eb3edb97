"""The inputs of each program, and the outputs that are read again."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase import units
from conftest import HCN, reaction_row, reaction_table
from report_runs import MODE, TS

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import Job, job_of
from tscreen.schemas.reaction import reactions_of
from tscreen.screen.handoff.programs.known import PROGRAMS
from tscreen.screen.handoff.programs.program import UnusableOutputError

SYMBOLS = ("H", "C", "N")
FREQUENCIES = (-1190.25, 2100.5, 3050.75)
ENERGY = -93.123456


def job(program: str, level: str = "HF/STO-3G", mode=MODE) -> Job:
    [reaction] = reactions_of(reaction_table(reaction_row("a\nb")))
    return job_of(reaction, np.array(TS), None if mode is None else np.array(mode), program, level)


def inputs(program: str, **options) -> dict[str, str]:
    return PROGRAMS[program].inputs(job(program, **options))


def test_a_job_is_read_as_it_was_written():
    made = job("orca")
    assert Job.from_json(made.as_json()) == made
    with pytest.raises(ValueError, match="JSON"):
        Job.from_json("{")


def test_orca_gets_the_mode_as_the_bond_that_it_stretches_most():
    texts = inputs("orca", level="wB97X-D3/def2-TZVP")
    ts = texts["ts.inp"].splitlines()
    assert ts[0].startswith("# a\\nb: ts")
    assert "! wB97X-D3 def2-TZVP OptTS Freq TightSCF" in ts
    assert "  TS_Mode {B 0 1} end" in ts or "  TS_Mode {B 0 2} end" in ts
    assert ts[ts.index("* xyz 0 1") + 1].split() == ["H", "1.19000000", "0.00000000", "0.55000000"]
    assert not [line for line in inputs("orca", mode=None)["ts.inp"].splitlines() if "Mode" in line]
    backward = texts["irc-reverse.inp"]
    assert "Direction backward" in backward
    assert 'Hess_Filename "ts.hess"' in backward
    assert backward.endswith("* xyzfile 0 1 ts.xyz\n")
    assert "Opt Freq" in texts["reactant-1.inp"]


def test_gaussian_goes_down_both_ways_from_its_own_checkpoint():
    texts = inputs("gaussian", level="wB97XD/def2TZVP")
    assert set(texts) == {
        f"{name}.gjf" for name in ("ts", "irc-forward", "irc-reverse", "reactant-1", "product-1")
    }
    route, blank, title, again, state, first = texts["ts.gjf"].splitlines()[3:9]
    assert route == "#p wB97XD/def2TZVP opt=(ts,calcfc,noeigentest,maxcycles=100) freq"
    assert (blank, again, state) == ("", "", "0 1")
    assert "\\n" in title
    assert first.split()[0] == "H"
    assert texts["ts.gjf"].endswith("\n\n")
    reverse = texts["irc-reverse.gjf"]
    assert reverse.startswith("%oldchk=ts.chk\n%chk=irc-reverse.chk\n")
    assert "irc=(rcfc,reverse,maxpoints=40) geom=check guess=read" in reverse


def test_psi4_keeps_the_ts_for_the_ways_down():
    texts = inputs("psi4")
    ts = texts["ts.dat"].splitlines()
    assert ts.index("optimize('HF/STO-3G')") < ts.index("frequency('HF/STO-3G')")
    assert "set opt_type ts" in ts
    kept = "ts-found.xyz"
    assert f"structure.save_xyz_file('{kept}', True)" in ts
    assert f"open('{kept}')" in texts["irc-forward.dat"]
    assert "set irc_direction forward" in texts["irc-forward.dat"]


def test_qcschema_inputs_follow_the_schema_and_their_runner_is_python():
    texts = inputs("qcschema", level="b3lyp/def2-svp")
    compile(texts.pop("run_qcengine.py"), "run_qcengine.py", "exec")
    assert set(texts) == {"ts.json", "reactant-1.json", "product-1.json"}
    ts = json.loads(texts["ts.json"])
    assert ts["schema_name"] == "qcschema_optimization_input"
    assert ts["keywords"]["transition"]
    assert ts["input_specification"]["model"] == {"method": "b3lyp", "basis": "def2-svp"}
    found = np.array(ts["initial_molecule"]["geometry"]).reshape(-1, 3) * units.Bohr
    np.testing.assert_allclose(found, TS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_job_that_nobody_has_done_has_no_output(tmp_path, program):
    assert PROGRAMS[program].read(tmp_path, job(program).saddle) is None


def rows(pattern: str) -> str:
    """A line for each atom."""
    told = zip(SYMBOLS, (1, 6, 7), TS, strict=True)
    return "".join(
        pattern.format(s=s, n=n, z=z, x=x, y=y, w=w) for n, (s, z, (x, y, w)) in enumerate(told)
    )


def orca(converged: bool = True) -> str:
    """What ORCA 5 prints, as far as it is read."""
    coordinates = (
        "---------------------------------\n"
        "CARTESIAN COORDINATES (ANGSTROEM)\n"
        "---------------------------------\n"
        + rows("  {s:<2}  {x:11.6f} {y:11.6f} {w:11.6f}\n")
        + "\n"
    )
    values = [0.0] * 6 + list(FREQUENCIES)
    modes = np.zeros((9, 9))
    modes[:, 6] = np.ravel(MODE)
    vibrations = "-----------------------\nVIBRATIONAL FREQUENCIES\n-----------------------\n\n"
    vibrations += "Scaling factor for frequencies =  1.000000000  (already applied!)\n\n"
    vibrations += "".join(
        f"{n:4d}: {v:15.2f} cm**-1{' ***imaginary mode***' if v < 0 else ''}\n"
        for n, v in enumerate(values)
    )
    vibrations += "\n\n------------\nNORMAL MODES\n------------\n\n"
    vibrations += "These modes are the Cartesian displacements weighted by the diagonal matrix\n"
    vibrations += "M(i,i)=1/sqrt(m[i]) where m[i] is the mass of the displaced atom\n"
    vibrations += "Thus, these vectors are normalized but *not* orthogonal\n\n"
    for start in (0, 6):
        block = range(start, min(start + 6, 9))
        vibrations += " " * 12 + "".join(f"{n:11d}" for n in block) + "    \n"
        for row in range(9):
            told = "".join(f"{modes[row, n]:11.6f}" for n in block)
            vibrations += f"{row:7d}   {told}\n"
    end = " " * 17 + "*** FINAL ENERGY EVALUATION AT THE STATIONARY POINT ***\n"
    return (
        "                                 *****************\n"
        "                                 * O   R   C   A *\n"
        "                                 *****************\n\n"
        "                         Program Version 5.0.3 -  RELEASE  -\n\n"
        + coordinates
        + "Number of atoms                             ...      3\n"
        + "Total Energy       :          -93.00000000 Eh           -2530.65870 eV\n"
        + "-------------------------   --------------------\n"
        + f"FINAL SINGLE POINT ENERGY      {ENERGY:.9f}\n"
        + "-------------------------   --------------------\n"
        + (end if converged else "")
        + vibrations
        + "\n\n                             ****ORCA TERMINATED NORMALLY****\n"
        + "TOTAL RUN TIME: 0 days 0 hours 0 minutes 11 seconds 901 msec\n"
    )


def gaussian() -> str:
    """What Gaussian 16 prints, as far as it is read."""
    line = " " + "-" * 69 + "\n"
    coordinates = (
        "                         Standard orientation:                         \n"
        + line
        + " Center     Atomic      Atomic             Coordinates (Angstroms)\n"
        + " Number     Number       Type             X           Y           Z\n"
        + line
        + "".join(
            f"{n:7d}{z:11d}{0:12d}    {x:12.6f}{y:12.6f}{w:12.6f}\n"
            for n, (z, (x, y, w)) in enumerate(zip((1, 6, 7), TS, strict=True), 1)
        )
        + line
    )
    vibrations = " Harmonic frequencies (cm**-1), IR intensities (KM/Mole), Raman scattering\n"
    vibrations += " activities (A**4/AMU), depolarization ratios for plane and unpolarized\n"
    vibrations += " incident light, reduced masses (AMU), force constants (mDyne/A),\n"
    vibrations += " and normal coordinates:\n"
    vibrations += f"{1:23d}{2:23d}{3:23d}\n"
    vibrations += "".join(f"{'A':>23}" for _ in range(3)) + "\n"
    vibrations += " Frequencies --" + "".join(f"{v:12.4f}           " for v in FREQUENCIES) + "\n"
    for name in (" Red. masses --", " Frc consts  --", " IR Inten    --"):
        vibrations += name + "".join(f"{1.0:12.4f}           " for _ in range(3)) + "\n"
    vibrations += "  Atom  AN      X      Y      Z        X      Y      Z        X      Y      Z\n"
    for n, (z, moved) in enumerate(zip((1, 6, 7), MODE, strict=True), 1):
        first = "".join(f"{value:7.2f}" for value in moved)
        rest = ("  " + "".join(f"{0.0:7.2f}" for _ in range(3))) * 2
        vibrations += f"{n:6d}{z:4d}  {first}{rest}\n"
    return (
        " Entering Gaussian System, Link 0=g16\n"
        " Copyright (c) 1988-2019, Gaussian, Inc.  All Rights Reserved.\n"
        " Gaussian 16:  ES64L-G16RevC.01  3-Jul-2019\n"
        " NAtoms=      3 NActive=      3 NUniq=      3 SFac= 1.00D+00\n"
        + coordinates
        + f" SCF Done:  E(RHF) =  {ENERGY:.9f}     A.U. after   10 cycles\n"
        + " Step number   5 out of a maximum of   100\n"
        + "         Item               Value     Threshold  Converged?\n"
        + " Maximum Force            0.000010     0.000450     YES\n"
        + " RMS     Force            0.000005     0.000300     YES\n"
        + " Maximum Displacement     0.000100     0.001800     YES\n"
        + " RMS     Displacement     0.000050     0.001200     YES\n"
        + " Optimization completed.\n    -- Stationary point found.\n"
        + coordinates
        + vibrations
        + " \n"
        + " Normal termination of Gaussian 16 at Mon Jan  5 12:00:00 2026.\n"
    )


def psi4() -> str:
    """What Psi4 1.7 prints, as far as it is read."""
    place = "        {s:>4} {x:20.12f} {y:18.12f} {w:18.12f} {z:16.12f}\n"
    vibrations = "  ==> Harmonic Vibrational Analysis <==\n\n"
    vibrations += "  Vibration            7          8          9        \n"
    vibrations += "  Freq [cm^-1]      1190.2500i 2100.5000 3050.7500\n"
    vibrations += "  Irrep                A          A          A\n"
    for name in ("Reduced mass [u]", "Force const [mDyne/A]"):
        vibrations += f"  {name} 1.0000 1.0000 1.0000\n"
    for name in ("Turning point v=0 [a0]", "RMS dev v=0 [a0 u^1/2]", "Char temp [K]"):
        vibrations += f"  {name} 1.0 1.0 1.0\n"
    vibrations += "  " + "-" * 60 + "\n"
    for n, (symbol, moved) in enumerate(zip(SYMBOLS, MODE, strict=True), 1):
        first = " ".join(f"{value:5.2f}" for value in moved)
        vibrations += f"  {n:4d}  {symbol}   {first}   0.00 0.00 0.00   0.00 0.00 0.00\n"
    return (
        "          Psi4: An Open-Source Ab Initio Electronic Structure Package\n"
        "                               Psi4 1.7 release\n\n"
        "                         Git: Rev {HEAD} 6ce35a5 \n\n"
        "  ==> Geometry <==\n\n"
        "    Molecular point group: c1\n    Full point group: Cs\n\n"
        "    Geometry (in Angstrom), charge = 0, multiplicity = 1:\n\n"
        "       Center              X                  Y                   Z               Mass\n"
        "    ------------   -----------------  -----------------  -----------------  ---------\n"
        + rows(place)
        + "\n  ==> Post-Iterations <==\n\n"
        + f"  @DF-RHF Final Energy:   {ENERGY:.14f}\n\n"
        + vibrations
        + "\n\n*** Psi4 exiting successfully. Buy a developer a beer!\n"
    )


def read(program: str, folder: Path, text: str) -> Calculation:
    suffix = {"orca": ".out", "gaussian": ".log", "psi4": ".out"}[program]
    (folder / f"ts{suffix}").write_text(text)
    done = PROGRAMS[program].read(folder, job(program).saddle)
    assert done is not None
    return done


@pytest.mark.parametrize(
    ("program", "text"),
    [("orca", orca()), ("gaussian", gaussian()), ("psi4", psi4())],
    ids=["orca", "gaussian", "psi4"],
)
def test_what_is_printed_is_read(tmp_path, program, text):
    pytest.importorskip("cclib")
    done = read(program, tmp_path, text)
    assert done.numbers.tolist() == [1, 6, 7]
    np.testing.assert_allclose(done.positions, TS)
    assert done.energy == pytest.approx(ENERGY * units.Hartree, abs=1e-4)
    assert done.frequencies_cm1 is not None
    assert done.mode is not None
    np.testing.assert_allclose(done.frequencies_cm1, FREQUENCIES, atol=0.01)
    np.testing.assert_allclose(done.mode, np.array(MODE) / np.linalg.norm(MODE, axis=1).max())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (orca(converged=False), "has not converged"),
        (orca()[:-80], "no normal end"),
        ("nonsense\n", "does not know what ts.out is|cannot read"),
        ("", "does not know what ts.out is|cannot read"),
    ],
    ids=["not converged", "cut", "strange", "empty"],
)
def test_an_output_that_did_not_end_well_is_told(tmp_path, text, said):
    pytest.importorskip("cclib")
    with pytest.raises(UnusableOutputError, match=said):
        read("orca", tmp_path, text)


def molecule(positions) -> dict:
    return {
        "symbols": list(SYMBOLS),
        "geometry": (np.array(positions) / units.Bohr).ravel().tolist(),
    }


def test_qcschema_results_are_read_with_the_vibrations_of_their_curvature(tmp_path):
    program, made = PROGRAMS["qcschema"], job("qcschema")
    result = {"success": True, "final_molecule": molecule(HCN), "energies": [-92.0, ENERGY]}
    (tmp_path / "ts.out.json").write_text(json.dumps(result))
    done = program.read(tmp_path, made.saddle)
    assert done is not None
    assert done.energy == pytest.approx(ENERGY * units.Hartree)
    assert done.frequencies_cm1 is None
    matrix = np.diag([-0.1, 0.1, 0.1] * 3).ravel().tolist()
    curvature = {"success": True, "molecule": molecule(TS), "return_result": matrix}
    (tmp_path / "ts.hessian.out.json").write_text(json.dumps(curvature))
    done = program.read(tmp_path, made.saddle)
    assert done is not None
    assert done.frequencies_cm1 is not None
    assert done.frequencies_cm1[0] < -100
    failed = {"success": False, "error": {"error_message": "no memory"}}
    (tmp_path / "ts.out.json").write_text(json.dumps(failed))
    with pytest.raises(UnusableOutputError, match="no memory"):
        program.read(tmp_path, made.saddle)
