"""What a careful colleague would ask of a store's data before believing a model trained on it."""

from din_core.checks.check import check_tables as check_tables
from din_core.checks.finding import Finding as Finding
from din_core.checks.finding import Verdict as Verdict
from din_core.checks.finding import finding_of as finding_of
from din_core.checks.rules import rules_in_force as rules_in_force
