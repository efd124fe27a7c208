"""Starts DIN Lens: `streamlit run app.py` or `python app.py`."""

import streamlit as st

from din_core.pages.app.launch import MAIN, lifespan, middleware, on_script_error, routes, run_options

app = st.App(MAIN, lifespan=lifespan, routes=routes(), middleware=middleware(), on_script_error=on_script_error)

if __name__ == "__main__":
    app.run(config=run_options())
