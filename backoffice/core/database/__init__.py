"""How databases are spoken to: their connections, their patience, and what one is told in another way than others."""
