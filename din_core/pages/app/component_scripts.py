"""Code of components, fetched once by a browser and kept there, where it would come with every run of a page."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

SCRIPTS = "_din/script"
"""Where code is fetched, below any page's own path."""
YEAR = 31_536_000
FETCH = """const page = window.location.pathname.replace(/\\/?$/, "/");
const url = window.location.origin + page + "{path}";
// A browser gives up an address for good once it could not be fetched: the server may have been away for a moment.
async function fetched(times) {
  try {
    return await import(times ? `${url}?again=${times}` : url);
  } catch {
    await new Promise((next) => setTimeout(next, Math.min(500 * (times + 1), 5000)));
    return fetched(times + 1);
  }
}
export default (await fetched(0)).default;
"""
"""What a component gets for its code. More than one line: Streamlit takes a text of one for the path of a file."""

_texts: dict[str, str] = {}


@cache
def by_url(js: str) -> str:
    """A module with the default export of `js`, which a browser fetches once, by the digest of the text."""
    name = blake2b(js.encode(), digest_size=16).hexdigest()
    _texts[name] = js
    return FETCH.replace("{path}", f"{SCRIPTS}/{name}.js")


def answer(request: Request) -> Response:
    """The code of a digest, for good: another text has another one. 404 for one that nothing has."""
    text = _texts.get(request.path_params["name"])
    if text is None:
        return Response(status_code=404)
    kept = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
    return Response(text, media_type="text/javascript", headers=kept)
