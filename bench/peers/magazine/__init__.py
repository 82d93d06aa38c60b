"""The application's tables, as one of Django's applications."""
