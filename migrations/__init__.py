"""The history of the catalog's schema, applied by Alembic; asrlab/catalog/migrate.py runs it."""
