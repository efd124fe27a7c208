"""What is shown in the place of a page to whom it is not for."""

from __future__ import annotations

import streamlit as st

from din_core.pages.access.roles import Role
from din_core.pages.access.sign_in import DEFAULT, is_on, providers
from din_core.pages.language import translate as language
from din_core.pages.language.translate import T, t
from din_core.pages.widgets.frame import literal

SIGN_IN = T("Sign in to see this page. Whom its operator has named may see it.")
NOBODY = T("You are signed in as {name}, and may see nothing here; ask whoever sent you the link, or runs this server.")
VIEWER = T(
    "You are signed in as {name}, and may open the snapshots and signed briefs that somebody sent you a link to; this "
    "page is none of them."
)


def show_refusal(role: Role | None) -> None:
    """One sentence, and the way to sign in, or to sign in as somebody else."""
    with st.container(horizontal=True):
        st.title("DIN Lens", anchor=False, width="content")
        language.switch()
    if st.user.get("is_logged_in") is not True:
        st.markdown(t(SIGN_IN))
        for name in providers():
            label = t("Sign in") if name == DEFAULT else t("Sign in with {name}", name=literal(name))
            if st.button(label, key=f"sign_in_{name}", type="primary"):
                st.login(None if name == DEFAULT else name)
        return
    st.markdown(t(NOBODY if role is None else VIEWER, name=literal(visitor_name())))
    sign_out_button()


def visitor_name() -> str:
    """What the provider calls them."""
    found = (st.user.get(claim) for claim in ("email", "name", "sub"))
    return next((one for one in found if isinstance(one, str) and one), t("somebody"))


def sign_out_button() -> None:
    """The way out; nothing where nobody signs in."""
    if is_on() and st.button(t("Sign out"), key="sign_out", type="tertiary", help=literal(visitor_name())):
        st.logout()
