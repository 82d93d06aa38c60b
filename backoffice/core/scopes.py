"""What somebody may do by a token: of their own rights those alone that the token was given."""

from collections.abc import Iterable
from functools import lru_cache


def covers(wide: str, narrow: str) -> bool:
    """Tell whether whoever holds the right `wide` may do all that `narrow` allows."""
    name, _dot, _verb = narrow.partition(".")
    return wide in {"*", narrow, narrow.removesuffix(":own"), f"{name}.*"}


def within(rights: Iterable[str], held: Iterable[str]) -> bool:
    """Tell whether somebody with the rights `held` has all of `rights`."""
    return all(any(covers(own, right) for own in held) for right in rights)


@lru_cache(maxsize=500)
def narrowed(held: frozenset[str], scopes: tuple[str, ...]) -> frozenset[str]:
    """Return what of the rights `held` is within `scopes`, which are rights too: each alone gives nothing."""
    inner = {right for right in held if within([right], scopes)}
    return frozenset(inner | {scope for scope in scopes if within([scope], held)})
