"""`python -m gateway.preview [port]`: the sample pages on 127.0.0.1:8090."""

import sys

import uvicorn

from gateway.preview.app import preview_app

if __name__ == "__main__":
    uvicorn.run(preview_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8090)
