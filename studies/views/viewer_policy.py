"""The content policies of the viewer: its code is WebAssembly, works in blob workers and styles inline."""

from csp.constants import NONE, SELF, UNSAFE_INLINE, WASM_UNSAFE_EVAL
from csp.decorators import csp_replace, csp_update

BLOB, DATA = "blob:", "data:"
POLICY = {
    "script-src": [SELF, WASM_UNSAFE_EVAL],
    "worker-src": [SELF, BLOB],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, DATA, BLOB],
    "connect-src": [SELF, BLOB, DATA],
    "object-src": [NONE],
}
viewer_policy = csp_update(POLICY)

# A document or a video itself: nothing in it may load, run or send anything, and only our own page frames it.
framed_policy = csp_replace(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [DATA],
        "media-src": [SELF],
        "object-src": [SELF],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
    }
)
