"""What Streamlit tells of the run at hand."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx


def of_a_part() -> bool:
    """Whether only a part of the page runs (a fragment), and what stands around it stays as it is."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and bool(context.fragment_ids_this_run)


def after_back() -> bool:
    """Whether the browser's Back or Forward brought it: the address is one that the visitor came from."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation
