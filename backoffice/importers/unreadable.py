"""What is raised when an export cannot be taken at all."""


class Unreadable(Exception):  # noqa: N818 - it says what the file is
    """A file that cannot be imported as a whole: which, in which line, and why."""

    def __init__(self, path, line, reason):
        where = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{where}: {reason}.")
        self.line = line
