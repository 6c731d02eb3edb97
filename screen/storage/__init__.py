"""Files and folders, wherever they lie."""
