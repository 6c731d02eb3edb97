"""What scripts and notebooks use: the names of the package `tscreen` itself."""
