"""The commands of `tscreen`, a file for each group; `register` adds them to the command line."""
