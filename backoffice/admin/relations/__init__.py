"""The rows that a row names: which they are, and how others are found."""
