"""Other systems' exports in."""
