"""The tour offers itself to who comes for the first time: once a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages.browser.sources import source
from din_core.pages.language.translate import T, t
from din_core.pages.places.page_links import link_to_page
from din_core.pages.places.places import TOUR, Mode
from din_core.pages.session import visitor

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

COOKIE = "din_lens_tour_offered"
"""What the browser remembers; the same name stands in the script."""
NAME = "din_lens.tour_offer"
JS = source("tour/browser/offer.js")
OFFER = T("First visit? In two minutes the tour shows what activation weights are and are not.")


@dataclass
class TourOffer:
    """Where the offer stands in this visit."""

    on: Mode | None = None
    """The page on which it was made; None before."""
    declined: bool = False

    def decline(self) -> None:
        """Not now, thank you."""
        self.declined = True


def offer_tour(current: Mode, tour: Page) -> bool:
    """Offer the tour on the first page of a browser's first visit, until it is declined or another page is opened.

    Whether it is offered now.
    """
    offer = visitor.session().of(TourOffer)
    if offer.on is None:
        offer.on, offer.declined = current, current is TOUR or COOKIE in st.context.cookies
    if offer.on is not current:
        offer.decline()
    if offer.declined:
        return False
    with st.container(key="tour_offer", horizontal=True, vertical_alignment="center", border=True):
        st.markdown(t(OFFER), width="content")
        link_to_page(tour, t("Take the tour"))
        st.button(t("Not now"), key="tour_not_now", type="tertiary", on_click=offer.decline)
    mount = st.components.v2.component(NAME, html="<span></span>", js=JS)
    mount(key="tour_offered", height=1)
    return True
