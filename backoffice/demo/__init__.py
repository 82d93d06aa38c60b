"""The demonstration: a small magazine, its people and its readers, and large sets for measuring."""
