"""Starts DIN Lens: `streamlit run app.py` or `python app.py`."""

import streamlit as st

from din_core.pages.launch import MAIN, lifespan

app = st.App(MAIN, lifespan=lifespan)

if __name__ == "__main__":
    app.run()
