"""The programs by name."""

from tscreen.screen.handoff.programs.gaussian import Gaussian
from tscreen.screen.handoff.programs.orca import Orca
from tscreen.screen.handoff.programs.program import Program
from tscreen.screen.handoff.programs.psi4 import Psi4
from tscreen.screen.handoff.programs.pyscf import PySCFJobs
from tscreen.screen.handoff.programs.qcschema import QCSchema

PROGRAMS: dict[str, Program] = {
    "orca": Orca(),
    "gaussian": Gaussian(),
    "psi4": Psi4(),
    "pyscf": PySCFJobs(),
    "qcschema": QCSchema(),
}
"""What `tscreen handoff` writes jobs for."""
