"""The covers of the demonstration: harbour scenes drawn from a title and nothing else."""

import math

from PIL import Image, ImageDraw

from backoffice.demo import paper, shapes
from backoffice.demo.colour import ANY, BY_SUBJECT, mix

COVER = (1600, 900)
FINE = 2  # drawn twice as large and reduced, which smooths every edge
WIDE, HIGH = COVER[0] * FINE, COVER[1] * FINE

BERTHS = (0.15, 0.34, 0.52, 0.7, 0.87)  # where a boat may lie, so that no two are on top of each other


def cover(seed, subject):
    """Return a harbour scene as an open JPEG file; the same seed and subject draw the same scene."""
    dice = paper.dice_for(seed)
    return paper.as_file(_scene(dice, dice.choice(BY_SUBJECT.get(subject, ANY))).reduce(FINE))


def words(seed, subject):
    """Return what the cover of the same seed and subject shows, for those who cannot see it."""
    # The palette is the first thing that the dice decide, here and in `cover`.
    palette = paper.dice_for(seed).choice(BY_SUBJECT.get(subject, ANY))
    return f"Boats in the harbour {palette.hour}, as if cut from coloured paper."


def _scene(dice, palette):
    horizon = int(HIGH * dice.uniform(0.46, 0.6))
    sun = (
        dice.uniform(0.15, 0.85) * WIDE,
        horizon - dice.uniform(0.02, 0.34) * HIGH,
        dice.uniform(0.045, 0.085) * HIGH,
    )
    image = _sky(palette, horizon)
    draw = ImageDraw.Draw(image)
    if palette.night:
        _stars(draw, dice, horizon, palette)
    _sun(draw, sun, palette)
    _clouds(draw, dice, horizon, palette)
    _land(draw, dice, horizon, palette)
    _sea(draw, dice, (horizon, sun), palette)
    if dice.random() < 0.25:
        _pier(draw, dice, sun, palette)
    _gulls(draw, dice, horizon, palette)
    return image


def _sky(palette, horizon):
    colours = [mix(palette.high, palette.middle, step / 31) for step in range(32)]
    colours += [mix(palette.middle, palette.low, step / 31) for step in range(32)]
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(colours)
    image = Image.new("RGB", (WIDE, HIGH), palette.near_sea)
    image.paste(strip.resize((1, horizon + 40), Image.Resampling.BICUBIC).resize((WIDE, horizon + 40)), (0, 0))
    return image


def _stars(draw, dice, horizon, palette):
    for _ in range(dice.randint(60, 120)):
        x, y, size = dice.uniform(0, WIDE), dice.uniform(0, horizon * 0.85), dice.uniform(1.5, 5)
        draw.ellipse([x - size, y - size, x + size, y + size], fill=mix(palette.light, palette.high, y / horizon * 0.7))


def _sun(draw, sun, palette):
    x, y, size = sun
    around = mix(palette.middle, palette.low, 0.5)
    for ring, share in ((2.6, 0.14), (1.95, 0.26), (1.42, 0.42), (1, 1)):
        reach = size * ring
        draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=mix(around, palette.light, share))


def _clouds(draw, dice, horizon, palette):
    for _ in range(dice.randint(3, 7)):
        x, y, wide = dice.uniform(-0.1, 1) * WIDE, dice.uniform(0.08, 0.85) * horizon, dice.uniform(200, 760)
        depth = y / horizon
        share = 0.07 if palette.night else 0.34
        colour = mix(mix(palette.high, palette.low, depth), palette.light, share)
        for _ in range(dice.randint(2, 4)):
            shift, thick = dice.uniform(-0.3, 0.3) * wide, dice.uniform(16, 44) * (1.4 - depth)
            draw.rounded_rectangle([x + shift, y, x + shift + wide, y + thick], radius=thick / 2, fill=colour)
            y += thick * 0.8


def _land(draw, dice, horizon, palette):
    for layer in range(dice.randint(1, 3)):
        near = (layer + 1) / 3
        colour = mix(palette.low, palette.land, 0.3 + 0.6 * near)
        left, right = sorted((dice.uniform(-0.3, 1), dice.uniform(0, 1.3)))
        height = dice.uniform(0.05, 0.17) * HIGH * (1.25 - near * 0.5)
        ridge = _ridge(dice, (left * WIDE, max(right, left + 0.45) * WIDE), horizon, height)
        draw.polygon([*ridge, (ridge[-1][0], horizon + 60), (ridge[0][0], horizon + 60)], fill=colour)
        if near > 0.6 and dice.random() < 0.75:
            _village(draw, dice, (ridge, horizon), palette)


def _ridge(dice, span, horizon, height):
    left, right = span
    waves = [(dice.uniform(1, 7), dice.uniform(0, 6.3), 1 / (order + 1.4)) for order in range(4)]
    points = []
    for step in range(61):
        t = step / 60
        rough = sum(math.sin(pace * t * math.tau / 2 + turn) * part for pace, turn, part in waves) / 4
        rise = math.sin(math.pi * t) ** 0.6 * (0.75 + rough)
        points.append((left + (right - left) * t, horizon + 10 - height * max(rise, 0)))
    return points


def _village(draw, dice, place, palette):
    ridge, horizon = place
    start = dice.randint(8, 36)
    window = palette.accent if palette.night else palette.light
    wall = mix(palette.land, palette.low, 0.2 if palette.night else 0.45)
    ground = [
        (ridge[start][0] + step * dice.uniform(78, 92), horizon - dice.uniform(-8, 26))
        for step in range(dice.randint(5, 13))
    ]
    shapes.houses(draw, ground, dice, (wall, mix(palette.land, palette.near_sea, 0.5), window))


def _sea(draw, dice, view, palette):
    horizon, sun = view
    layers = dice.randint(7, 10)
    draw.rectangle([0, horizon, WIDE, HIGH], fill=palette.far_sea)
    afloat = dict(zip(dice.sample(range(1, layers - 1), k=dice.randint(1, 3)), dice.sample(BERTHS, k=3), strict=False))
    light_at = dice.randint(1, 2) if dice.random() < 0.45 else None
    for layer in range(layers):
        near = (layer + 1) / layers
        level = horizon + (HIGH - horizon) * (0.07 + 0.86 * (layer / layers) ** 1.35)
        if layer == light_at:
            _lighthouse(draw, dice, (sun, level), palette)
        if layer in afloat:
            _boat(draw, dice, (afloat[layer], level, near), palette)
        _wave(draw, dice, (level, near), palette)
        _glitter(draw, dice, (level, near, sun), palette)


def _glitter(draw, dice, place, palette):
    level, near, (x, _, size) = place
    colour = mix(mix(palette.far_sea, palette.near_sea, near), palette.light, 0.75 - 0.4 * near)
    for _ in range(int(9 - 5 * near)):
        y = level + (24 + 110 * near) * dice.uniform(0.35, 1)
        wide = size * dice.uniform(0.12, 0.55) * (1 + near)
        middle = x + dice.gauss(0, 0.4) * size * (0.7 + near)
        thick = 4 + 5 * near
        draw.rounded_rectangle([middle - wide, y, middle + wide, y + thick], radius=thick / 2, fill=colour)


def _pier(draw, dice, sun, palette):
    side = 1 if sun[0] > WIDE / 2 else -1
    wood = mix(palette.near_sea, "#000000", 0.35)
    lamp = palette.accent if palette.night else mix(palette.light, palette.accent, 0.15)
    shapes.pier(draw, side, (WIDE, HIGH), (wood, mix(wood, palette.light, dice.uniform(0.2, 0.35)), lamp))


def _wave(draw, dice, place, palette):
    level, near = place
    colour = mix(palette.far_sea, palette.near_sea, near**0.85)
    swell, length, turn = 8 + 34 * near, dice.uniform(420, 760) * (0.35 + near), dice.uniform(0, 6.3)
    crest = []
    for step in range(0, WIDE + 41, 20):
        angle = step / length * math.tau / 2 + turn
        # Raising the sine to a power sharpens the crests and flattens the troughs, as wind does.
        crest.append((step, level - swell * abs(math.sin(angle)) ** 1.7 + 0.35 * swell * math.sin(angle * 0.37)))
    under = [(x, y + 5 + 9 * near) for x, y in reversed(crest)]
    draw.polygon([*crest, (WIDE, HIGH), (0, HIGH)], fill=colour)
    draw.polygon([*crest, *under], fill=mix(colour, palette.light, 0.34))


def _boat(draw, dice, place, palette):
    berth, level, near = place
    size = (90 + 330 * near) * dice.uniform(0.8, 1.15)
    hull = dice.choice((palette.accent, mix(palette.near_sea, "#000000", 0.25), mix(palette.land, "#000000", 0.2)))
    pale = mix(palette.light, palette.low, dice.uniform(0, 0.4))
    cloth = mix(palette.light, palette.accent, dice.choice((0.0, 0.12, 0.75)))
    # She floats a little above the crest line, since the wave drawn next covers her keel.
    at = ((berth + dice.uniform(-0.06, 0.06)) * WIDE, level - 8 - 18 * near)
    dice.choice(shapes.BOATS)(draw, at, size, (hull, cloth, pale))


def _lighthouse(draw, dice, place, palette):
    (sun_x, _, _), level = place
    x = (0.2 if sun_x > WIDE / 2 else 0.8) * WIDE + dice.uniform(-0.08, 0.08) * WIDE
    size = dice.uniform(0.26, 0.4) * HIGH
    lamp = (x, level - size)
    if palette.night:
        beam = mix(palette.middle, palette.light, 0.28)
        side = 1 if sun_x > x else -1
        draw.polygon([lamp, (x + side * WIDE, lamp[1] - 330), (x + side * WIDE, lamp[1] - 60)], fill=beam)
    wall = mix(palette.light, palette.high, 0.15)
    rock = mix(palette.land, palette.near_sea, 0.6)
    shapes.lighthouse(
        draw,
        (x, level - 0.13 * size),
        size,
        (wall, mix(palette.accent, palette.land, 0.15), palette.light, rock),
    )


def _gulls(draw, dice, horizon, palette):
    middle = (dice.uniform(0.2, 0.8) * WIDE, dice.uniform(0.2, 0.7) * horizon)
    colour = mix(palette.light, palette.land, 0.15) if palette.night else mix(palette.land, palette.near_sea, 0.5)
    for _ in range(dice.randint(2, 7)):
        at = (middle[0] + dice.gauss(0, 260), middle[1] + dice.gauss(0, 120))
        shapes.gull(draw, at, dice.uniform(22, 58), colour)
