"""The things in a harbour picture, each cut out as a few flat shapes."""

import math

from backoffice.demo.colour import mix


def sailing_boat(draw, at, size, colours):
    """Draw a boat under two sails; `at` is where her waterline meets the sea, `size` her length."""
    x, y = at
    hull, sail, jib = colours
    draw.line([(x, y), (x, y - 1.55 * size)], fill=mix(hull, "#000000", 0.3), width=max(2, int(size / 40)))
    draw.polygon(
        _curve(
            (x + 0.03 * size, y - 1.5 * size),
            (x + 0.48 * size, y - 0.24 * size),
            -0.12,
            (x + 0.03 * size, y - 0.2 * size),
        ),
        fill=sail,
    )
    draw.polygon(
        _curve(
            (x - 0.02 * size, y - 1.38 * size),
            (x - 0.42 * size, y - 0.2 * size),
            0.1,
            (x - 0.02 * size, y - 0.2 * size),
        ),
        fill=jib,
    )
    _hull(draw, at, size, hull)


def lugger(draw, at, size, colours):
    """Draw an old fishing boat with two tan sails hung from slanting yards."""
    x, y = at
    hull, sail, other = colours
    wood = mix(hull, "#000000", 0.35)
    for step, tall, cloth in ((-0.2, 1.15, sail), (0.25, 0.9, other)):
        foot = x + step * size
        draw.line([(foot, y), (foot, y - tall * size)], fill=wood, width=max(2, int(size / 36)))
        draw.polygon(
            [
                (foot - 0.14 * size, y - 0.78 * tall * size),
                (foot + 0.2 * size, y - 1.06 * tall * size),
                (foot + 0.27 * size, y - 0.26 * size),
                (foot - 0.17 * size, y - 0.22 * size),
            ],
            fill=cloth,
        )
    _hull(draw, at, size, hull)


def trawler(draw, at, size, colours):
    """Draw a small motor boat with a wheelhouse, a mast and a lamp."""
    x, y = at
    hull, house, lamp = colours
    wood = mix(hull, "#000000", 0.3)
    draw.line([(x + 0.1 * size, y), (x + 0.1 * size, y - 0.8 * size)], fill=wood, width=max(2, int(size / 44)))
    draw.line(
        [(x + 0.1 * size, y - 0.7 * size), (x + 0.42 * size, y - 0.3 * size)],
        fill=wood,
        width=max(1, int(size / 70)),
    )
    draw.rectangle([x - 0.28 * size, y - 0.46 * size, x - 0.02 * size, y - 0.1 * size], fill=house)
    draw.rectangle([x - 0.31 * size, y - 0.5 * size, x + 0.01 * size, y - 0.45 * size], fill=wood)
    for pane in (-0.24, -0.13):
        draw.rectangle([x + pane * size, y - 0.4 * size, x + (pane + 0.07) * size, y - 0.31 * size], fill=lamp)
    _hull(draw, at, size, hull)


def rowing_boat(draw, at, size, colours):
    """Draw a dinghy with one person and a pair of oars."""
    x, y = at
    hull, coat, oar = colours
    draw.polygon(
        [
            (x - 0.09 * size, y - 0.1 * size),
            (x - 0.06 * size, y - 0.38 * size),
            (x + 0.06 * size, y - 0.4 * size),
            (x + 0.12 * size, y - 0.1 * size),
        ],
        fill=coat,
    )
    head = 0.065 * size
    draw.ellipse(
        [x - head + 0.01 * size, y - 0.55 * size, x + head + 0.01 * size, y - 0.55 * size + 2 * head],
        fill=mix(coat, "#2a1a12", 0.6),
    )
    for reach in (-0.62, 0.55):
        draw.line(
            [(x + 0.04 * size, y - 0.24 * size), (x + reach * size, y + 0.06 * size)],
            fill=oar,
            width=max(2, int(size / 34)),
        )
    _hull(draw, at, size, hull)


BOATS = (sailing_boat, lugger, trawler, rowing_boat)


def lighthouse(draw, at, size, colours):
    """Draw a banded lighthouse on its rock; `at` is the middle of its foot, `size` its height."""
    x, y = at
    wall, band, lamp, rock = colours
    draw.polygon(
        [
            (x - 0.75 * size, y + 0.3 * size),
            (x - 0.5 * size, y + 0.08 * size),
            (x - 0.28 * size, y + 0.03 * size),
            (x - 0.2 * size, y - 0.04 * size),
            (x + 0.24 * size, y - 0.03 * size),
            (x + 0.42 * size, y + 0.09 * size),
            (x + 0.66 * size, y + 0.14 * size),
            (x + 0.95 * size, y + 0.3 * size),
        ],
        fill=rock,
    )
    for step in range(5):
        low, high = step / 5, (step + 1) / 5
        draw.polygon(_taper(x, y, size, (low, high)), fill=band if step % 2 else wall)
    top = y - 0.8 * size
    draw.rectangle(
        [x - 0.1 * size, top - 0.02 * size, x + 0.1 * size, top + 0.01 * size], fill=mix(rock, "#000000", 0.3)
    )
    draw.rectangle([x - 0.055 * size, top - 0.12 * size, x + 0.055 * size, top - 0.02 * size], fill=lamp)
    draw.polygon(
        [(x - 0.08 * size, top - 0.12 * size), (x, top - 0.22 * size), (x + 0.08 * size, top - 0.12 * size)],
        fill=band,
    )


def houses(draw, ground, dice, colours):
    """Draw a row of gabled houses along `ground`, a list of points from left to right."""
    wall, roof, window = colours
    for x, y in ground:
        wide, tall = dice.uniform(50, 90), dice.uniform(50, 110)
        shade = mix(wall, roof, dice.uniform(0, 0.4))
        draw.rectangle([x, y - tall, x + wide, y + 40], fill=shade)
        draw.polygon([(x - 5, y - tall), (x + wide / 2, y - tall - wide * 0.55), (x + wide + 5, y - tall)], fill=roof)
        if dice.random() < 0.5:
            draw.rectangle([x + wide * 0.68, y - tall - wide * 0.5, x + wide * 0.82, y - tall - wide * 0.12], fill=roof)
        for pane in (0.2, 0.6):
            if dice.random() < 0.75:
                draw.rectangle(
                    [x + pane * wide, y - tall * 0.7, x + (pane + 0.2) * wide, y - tall * 0.7 + 18],
                    fill=window,
                )


def pier(draw, side, frame, colours):
    """Draw the end of a wooden pier with a lamp, coming in from the left (side 1) or the right (side -1)."""
    wide, high = frame
    wood, edge, lamp = colours
    edge_x = 0 if side > 0 else wide

    def across(distance):
        return edge_x + side * distance

    for post in range(60, 1000, 210):
        _box(draw, (across(post), high * 0.86, across(post + 44), high), mix(wood, "#000000", 0.25))
    _box(draw, (across(-10), high * 0.845, across(1010), high * 0.878), wood)
    _box(draw, (across(-10), high * 0.84, across(1010), high * 0.849), edge)
    _box(draw, (across(905), high * 0.56, across(921), high * 0.85), wood)
    _box(draw, (across(885), high * 0.512, across(941), high * 0.562), lamp)
    draw.polygon([(across(870), high * 0.514), (across(913), high * 0.482), (across(956), high * 0.514)], fill=wood)
    for bollard in (260, 610):
        _box(draw, (across(bollard), high * 0.81, across(bollard + 40), high * 0.845), wood)
        _box(draw, (across(bollard - 12), high * 0.803, across(bollard + 52), high * 0.815), edge)


def _box(draw, corners, colour):
    x1, y1, x2, y2 = corners
    draw.rectangle([min(x1, x2), y1, max(x1, x2), y2], fill=colour)


def gull(draw, at, size, colour):
    """Draw a gull as two bent strokes."""
    x, y = at
    for side in (-1, 1):
        points = [
            (x, y),
            (x + side * 0.28 * size, y - 0.26 * size),
            (x + side * 0.6 * size, y - 0.2 * size),
            (x + side * size, y + 0.04 * size),
            (x + side * 0.58 * size, y - 0.1 * size),
            (x + side * 0.27 * size, y - 0.13 * size),
        ]
        draw.polygon([*points, (x, y + 0.1 * size)], fill=colour)


def _hull(draw, at, size, colour):
    x, y = at
    sheer = [
        (x - 0.5 * size, y - 0.2 * size),
        (x - 0.2 * size, y - 0.13 * size),
        (x + 0.2 * size, y - 0.12 * size),
        (x + 0.56 * size, y - 0.24 * size),
    ]
    draw.polygon([*sheer, (x + 0.36 * size, y + 0.06 * size), (x - 0.38 * size, y + 0.06 * size)], fill=colour)
    stripe = [(a, b + 0.035 * size) for a, b in reversed(sheer)]
    draw.polygon([*sheer, *stripe], fill=mix(colour, "#ffffff", 0.55))


def _curve(head, clew, belly, tack):
    (x1, y1), (x2, y2) = head, clew
    points = []
    for step in range(13):
        t = step / 12
        bulge = math.sin(math.pi * t) * belly * (y2 - y1)
        points.append((x1 + (x2 - x1) * t - bulge, y1 + (y2 - y1) * t))
    return [*points, tack]


def _taper(x, y, size, span):
    low, high = (0.16 - 0.07 * part for part in span)
    foot, head = (y - 0.8 * size * part for part in span)
    return [(x - low * size, foot), (x + low * size, foot), (x + high * size, head), (x - high * size, head)]
