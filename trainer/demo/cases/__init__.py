"""Every impression of a split under two checkpoints: rows for the case finder, sums for cohorts."""

from trainer.demo.cases.make import CasesOptions, make_cases

__all__ = ["CasesOptions", "make_cases"]
