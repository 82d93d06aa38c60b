"""The pages of one row: looking at it, changing it, deleting it."""
