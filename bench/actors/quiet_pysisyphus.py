"""pysisyphus, imported where its log files do no harm and told to keep quiet."""

import contextlib
import logging
import tempfile

with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    import pysisyphus.run  # noqa: F401 - opens its log files in the folder in which it stands

logging.disable(logging.CRITICAL)  # it tells of every step
