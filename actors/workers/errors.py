"""What a calculation raises; imports nothing, as every worker needs it."""


class CalculationError(RuntimeError):
    """A calculation that gave no answer.

    Attributes:
        code: Machine-readable reason, one of the error codes of the result table.
        message: One sentence for a reader.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    @property
    def timed_out(self) -> bool:
        """Whether the time was up; with more there might be an answer."""
        return self.code == "xtb_timeout"

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
