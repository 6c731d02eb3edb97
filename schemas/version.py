"""The version of the distribution, the one place where it is written."""

VERSION = "0.1.0"
