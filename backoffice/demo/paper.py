"""What every drawn picture begins and ends with: dice that always fall alike, and a file."""

import hashlib
import io
import random


def dice_for(seed):
    """Return dice that fall the same for the same `seed`, on every machine and in every process."""
    # Seeded by a digest, because the hash() of a string differs from process to process.
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    return random.Random(number)  # noqa: S311 - the dice decide where gulls fly, and guard nothing


def as_file(image):
    """Return `image` as an open JPEG file, at its beginning."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    stream.seek(0)
    return stream
