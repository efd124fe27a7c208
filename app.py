"""Starts DIN Lens: `streamlit run app.py` or `python app.py`."""

import streamlit as st

from din_core.pages.app.launch import MAIN, lifespan, routes

app = st.App(MAIN, lifespan=lifespan, routes=routes())

if __name__ == "__main__":
    app.run()
