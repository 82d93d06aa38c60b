"""What a program is told when its request is refused: one kind of error for all doors that speak JSON."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, Unauthorized


class Problem(HTTPException):
    """A refusal with more to tell than its sentence: `told` are further members of the answer."""

    def __init__(self, status: int, detail: Any = None, **told: Any) -> None:
        super().__init__(None if detail is None else str(detail))
        self.code = status
        self.told: Mapping[str, Any] = told


def nobody() -> Unauthorized:
    """Return the refusal of a request that brings no token that works."""
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "api"}))
