"""The behavior store on SQLAlchemy: tables, ingest, queries."""

from din_core.store.behavior_store import (
    BehaviorStore,
    SearchPage,
    StoreSummary,
    create_store,
    open_store,
)
from din_core.store.bulk import BulkTables
from din_core.store.ingest import ingest
from din_core.store.rejects import IngestReport, Reject, RejectExample, TableCounts

__all__ = [
    "BehaviorStore",
    "BulkTables",
    "IngestReport",
    "Reject",
    "RejectExample",
    "SearchPage",
    "StoreSummary",
    "TableCounts",
    "create_store",
    "ingest",
    "open_store",
]
