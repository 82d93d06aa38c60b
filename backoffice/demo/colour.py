"""The colours of the drawn pictures: palettes by subject, and the mixing of two colours."""

from typing import NamedTuple

from PIL import ImageColor


class Palette(NamedTuple):
    """The colours of one hour: the sky from the top down, light, land, sea, an accent; and what the hour is called."""

    high: str
    middle: str
    low: str
    light: str
    land: str
    far_sea: str
    near_sea: str
    accent: str
    hour: str
    night: bool = False


DAWN = Palette("#7d8fb8", "#e8b7b0", "#fde2c0", "#fff3d6", "#6b6d8f", "#d9b9b4", "#34486f", "#d9584a", "at dawn")
DAY = Palette("#4f9fc9", "#9dd0de", "#eaf4e4", "#fffbe6", "#6fa08c", "#8cc7cf", "#155a76", "#e4572e", "by day")
CLEAR = Palette(
    "#2f7fb3", "#7fc0d6", "#f3eccb", "#fff6cf", "#5d8f94", "#79b8c2", "#0f4a63", "#f2b134", "on a clear day"
)
GOLD = Palette(
    "#d97b4f", "#f2b56b", "#fde3a7", "#fff4cf", "#8d5a55", "#e3a672", "#4a3550", "#b8402f", "in evening light"
)
DUSK = Palette("#2f2f5b", "#8a4f7d", "#f08a6b", "#ffd9a0", "#3b3357", "#a8617a", "#1f2347", "#ffc65c", "at dusk")
NIGHT = Palette(
    "#0b1533", "#1b2f5e", "#3f5f8a", "#f4f1de", "#142347", "#35557f", "#081126", "#ffcf5c", "at night", night=True
)
GREEN_NIGHT = Palette(
    "#0d2036",
    "#1c4a5a",
    "#5d9b8b",
    "#eef7e0",
    "#10293a",
    "#3e7a7c",
    "#081826",
    "#ffb84d",
    "on a summer night",
    night=True,
)
STORM = Palette(
    "#3a4654", "#6d7f8b", "#b9c4bf", "#e9ece1", "#46545c", "#8fa3a3", "#1f3239", "#e8b23a", "under a grey sky"
)
FOG = Palette("#aab8bd", "#c9d2d1", "#e6e8e0", "#f7f5ea", "#93a5a8", "#bccac9", "#5f7b82", "#c8553d", "in fog")
SEPIA = Palette(
    "#b79c78", "#d8c19a", "#f1e3c4", "#fbf3dd", "#8b7355", "#c5ab84", "#5a4633", "#8f3b2e", "in old brown ink"
)
SAGE = Palette("#7fa99b", "#b9d0b4", "#f0ecd0", "#fdf8e1", "#557a64", "#a5c2ae", "#2c5a52", "#d96c47", "in spring")
APRICOT = Palette(
    "#e9967a", "#f6c28b", "#fdebc8", "#fff7e0", "#a8656b", "#efb48f", "#7a3f56", "#b13e53", "in warm light"
)

BY_SUBJECT = {
    "on-the-water": (DAY, CLEAR, DAWN),
    "boats": (CLEAR, DAY, GOLD, DUSK),
    "weather": (STORM, FOG, DUSK, NIGHT, STORM),
    "ashore": (SAGE, DAWN, DAY, DUSK),
    "people": (DUSK, GOLD, DAWN, GREEN_NIGHT),
    "history": (SEPIA, GOLD, NIGHT, SEPIA),
    "kitchen": (APRICOT, GOLD, SAGE),
    "workshop": (SAGE, CLEAR, SEPIA, DAWN),
}
ANY = (DAY, DAWN, GOLD, DUSK, CLEAR, SAGE)


def mix(one, other, share):
    """Return the colour that lies `share` of the way (0 to 1) from `one` to `other`."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return tuple(round(a + (b - a) * share) for a, b in pairs)


def _rgb(colour):
    return ImageColor.getrgb(colour) if isinstance(colour, str) else colour
