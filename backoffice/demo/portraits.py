"""The portraits of the demonstration: a person in front of the sea, drawn from a name."""

from PIL import Image, ImageDraw

from backoffice.demo import paper
from backoffice.demo.colour import CLEAR, DAWN, DAY, DUSK, GOLD, GREEN_NIGHT, SAGE, mix

SIZE = 256
FINE = 4  # drawn four times as large and reduced, which smooths every edge
EDGE = SIZE * FINE

SKIN = ("#f2cfb3", "#e3b189", "#c98e62", "#a06a44", "#77492e", "#56331f")
HAIR = ("#2b211c", "#4d3323", "#7b5130", "#b98a4e", "#b7b2aa", "#e9e4da", "#8e3f24")
CLOTH = ("#1f3d5a", "#c44536", "#e0a526", "#2f6b5e", "#5b4b8a", "#3b3f46")


def portrait(seed):
    """Return a portrait as an open JPEG file; the same seed draws the same person."""
    dice = paper.dice_for(seed)
    palette = dice.choice((DAY, CLEAR, DAWN, GOLD, DUSK, SAGE, GREEN_NIGHT))
    image = Image.new("RGB", (EDGE, EDGE), mix(palette.middle, palette.low, 0.4))
    draw = ImageDraw.Draw(image)
    _background(draw, dice, palette)
    skin, hair, cloth = dice.choice(SKIN), dice.choice(HAIR), dice.choice(CLOTH)
    long_hair = dice.random() < 0.45
    if long_hair:
        _round(draw, (0.3, 0.26, 0.7, 0.8), hair, 0.18)
    _body(draw, dice, skin, cloth)
    _head(draw, skin)
    _beard_or_not(draw, dice, hair, long_hair)
    _hat_or_hair(draw, dice, hair, cloth)
    _face(draw, dice, skin)
    return paper.as_file(image.reduce(FINE))


def _background(draw, dice, palette):
    _oval(draw, (0.14, 0.1, 0.86, 0.82), mix(palette.low, palette.light, 0.55))
    for step in range(3):
        level = 0.66 + step * 0.11 + dice.uniform(-0.02, 0.02)
        colour = mix(palette.far_sea, palette.near_sea, 0.2 + step * 0.3)
        draw.rectangle(_scaled((0, level, 1, 1)), fill=colour)
        draw.rectangle(_scaled((0, level, 1, level + 0.012)), fill=mix(colour, palette.light, 0.35))


def _body(draw, dice, skin, cloth):
    _round(draw, (0.18, 0.72, 0.82, 1.3), cloth, 0.2)
    if dice.random() < 0.4:
        for stripe, inset in ((0.85, 0.2), (0.93, 0.18)):
            draw.rectangle(_scaled((inset, stripe, 1 - inset, stripe + 0.035)), fill=mix(cloth, "#ffffff", 0.75))
    _round(draw, (0.42, 0.56, 0.58, 0.77), mix(skin, "#000000", 0.14), 0.07)
    if dice.random() < 0.6:
        _round(draw, (0.38, 0.69, 0.62, 0.78), mix(cloth, "#ffffff", 0.25), 0.045)


def _head(draw, skin):
    for ear in (0.31, 0.63):
        _oval(draw, (ear, 0.42, ear + 0.06, 0.52), mix(skin, "#000000", 0.08))
    _round(draw, (0.335, 0.26, 0.665, 0.68), skin, 0.16)
    for cheek in (0.36, 0.585):
        _oval(draw, (cheek, 0.525, cheek + 0.055, 0.57), mix(skin, "#d9584a", 0.28))


def _beard_or_not(draw, dice, hair, long_hair):
    if long_hair or dice.random() < 0.45:
        return
    _round(draw, (0.335, 0.5, 0.665, 0.71), hair, 0.14)


def _hat_or_hair(draw, dice, hair, cloth):
    kind = dice.choice(("hair", "hair", "knitted", "cap", "oilskin"))
    if kind == "hair":
        draw.pieslice(_scaled((0.31, 0.2, 0.69, 0.58)), 180, 360, fill=hair)
        draw.polygon([_point(p) for p in ((0.31, 0.385), (0.62, 0.385), (0.36, 0.47), (0.315, 0.5))], fill=hair)
    elif kind == "knitted":
        colour = mix(cloth, "#c44536", 0.5)
        draw.pieslice(_scaled((0.31, 0.13, 0.69, 0.57)), 180, 360, fill=colour)
        _round(draw, (0.3, 0.31, 0.7, 0.385), mix(colour, "#ffffff", 0.3), 0.03)
        _oval(draw, (0.455, 0.08, 0.545, 0.17), mix(colour, "#ffffff", 0.5))
    elif kind == "cap":
        draw.pieslice(_scaled((0.3, 0.19, 0.7, 0.55)), 180, 360, fill="#22303f")
        _round(draw, (0.28, 0.345, 0.72, 0.39), "#16202b", 0.02)
        _oval(draw, (0.475, 0.26, 0.525, 0.31), "#e0a526")
    else:
        draw.pieslice(_scaled((0.31, 0.14, 0.69, 0.56)), 180, 360, fill="#e0a526")
        _round(draw, (0.22, 0.335, 0.78, 0.39), "#c98d16", 0.027)


def _face(draw, dice, skin):
    dark = mix(skin, "#1a0f0a", 0.8)
    for eye in (0.415, 0.555):
        _oval(draw, (eye, 0.45, eye + 0.03, 0.485), dark)
    if dice.random() < 0.35:
        for eye in (0.385, 0.525):
            draw.ellipse(_scaled((eye, 0.42, eye + 0.09, 0.515)), outline=dark, width=int(0.009 * EDGE))
        draw.line([_point((0.475, 0.46)), _point((0.525, 0.46))], fill=dark, width=int(0.009 * EDGE))
    draw.line(
        [_point((0.5, 0.49)), _point((0.489, 0.545)), _point((0.506, 0.55))],
        fill=mix(skin, dark, 0.4),
        width=int(0.01 * EDGE),
    )
    _round(draw, (0.45, 0.582, 0.55, 0.606), mix("#8e3b32", skin, 0.15), 0.012)


def _point(part):
    return tuple(share * EDGE for share in part)


def _scaled(parts):
    return [share * EDGE for share in parts]


def _oval(draw, parts, colour):
    draw.ellipse(_scaled(parts), fill=colour)


def _round(draw, parts, colour, corner):
    draw.rounded_rectangle(_scaled(parts), radius=corner * EDGE, fill=colour)
