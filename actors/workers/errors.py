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

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
