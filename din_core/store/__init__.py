"""The behavior store on SQLAlchemy: tables, ingest, queries."""

from din_core.store.behavior_store import (
    BehaviorStore,
    SearchPage,
    StoreSummary,
)
from din_core.store.connect import create_store, open_store
from din_core.store.engine import hide_password, masked_url
from din_core.store.ingestion.ingest import ingest
from din_core.store.ingestion.rejects import IngestReport, Reject, RejectExample, TableCounts
from din_core.store.ingestion.table_import import check_tables, import_tables, new_store, preview_tables
from din_core.store.queries.bulk_tables import BulkTables
from din_core.store.queries.data_faults import DataFault
from din_core.store.queries.facts import FieldFacts, StoreFacts
from din_core.store.queries.line_tally import SplitFacts, WeekFacts
from din_core.store.splits.in_force import RulesInForce
from din_core.store.vectors.vector_records import ItemVectors, VectorFacts

__all__ = [
    "BehaviorStore",
    "BulkTables",
    "DataFault",
    "FieldFacts",
    "IngestReport",
    "ItemVectors",
    "Reject",
    "RejectExample",
    "RulesInForce",
    "SearchPage",
    "SplitFacts",
    "StoreFacts",
    "StoreSummary",
    "TableCounts",
    "VectorFacts",
    "WeekFacts",
    "check_tables",
    "create_store",
    "hide_password",
    "import_tables",
    "ingest",
    "masked_url",
    "new_store",
    "open_store",
    "preview_tables",
]
