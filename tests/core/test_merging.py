"""What two people made of one value is put together where it does not overlap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.core.history.merging import sets, texts

parts = st.lists(st.sampled_from("abcdef"), max_size=8)
keys = st.sets(st.integers(1, 6))


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "both"),
    [
        ("abc", "abc", "abc", "abc"),
        ("abc", "xbc", "aby", "xby"),
        ("abc", "xbc", "ayc", "xyc"),
        ("abc", "xbc", "xbc", "xbc"),
        ("abc", "bc", "abcd", "bcd"),
        ("abc", "abxc", "yabc", "yabxc"),
        ("abc", "xbc", "ybc", None),
        ("abc", "abxc", "abyc", None),
        ("abc", "ac", "axc", None),
        ("", "x", "y", None),
    ],
)
def test_two_texts_are_put_together_where_they_do_not_overlap(base, theirs, yours, both):
    made = texts(list(base), list(theirs), list(yours))
    assert (None if made is None else "".join(made)) == both


@given(parts, parts)
def test_who_changed_nothing_gets_what_the_other_wrote(base, other):
    assert texts(base, other, base) == other
    assert texts(base, base, other) == other
    assert texts(base, other, other) == other


@given(parts, parts, parts)
def test_it_does_not_matter_who_was_first(base, one, other):
    assert texts(base, one, other) == texts(base, other, one)


@given(keys, keys, keys)
def test_of_two_sets_all_that_was_added_stays_and_all_that_was_taken_away_goes(base, theirs, yours):
    both = sets(base, theirs, yours)
    assert both == sets(base, yours, theirs)
    assert both >= (theirs | yours) - base
    assert not both & ((base - theirs) | (base - yours))
    assert both >= base & theirs & yours
