"""Everything SQL: the catalog is the truth about what is done, and the only home of sqlalchemy.

Queries take the session first, return values and never commit; `Catalog.reading()` and `Catalog.writing()`
own the transactions, and none is open while a model runs.
"""

from asrlab.catalog.database import Catalog, Session, open_catalog

__all__ = ["Catalog", "Session", "open_catalog"]
