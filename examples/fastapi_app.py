"""An application that reads what its users send: uvicorn fastapi_app:app

For a service of its own, with tokens, limits and a page to try it on, there is `inkread serve`; this is for an
application that has all that, and wants to read in between.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, UploadFile
from fastapi.concurrency import run_in_threadpool

import inkread

# Strangers send these: decoded in a process of their own, with limits of time and memory.
OPTIONS = inkread.ReaderOptions(
    load=inkread.LoadOptions(isolate="always"), limits=inkread.Limits(max_pages=10, max_pixels=40_000_000)
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with inkread.Reader(OPTIONS) as reader:  # one for the process: its networks stay loaded, and threads share it
        app.state.reader = reader
        yield


app = FastAPI(title="Receipts", lifespan=lifespan)


@app.post("/receipts")
async def receipts(request: Request, file: UploadFile) -> dict[str, Any]:
    content = await file.read()
    try:
        document = await run_in_threadpool(request.app.state.reader.read, content)
    except inkread.InputError as error:
        raise HTTPException(error.http_status, str(error)) from error
    found = inkread.extract_fields(document, "receipt")
    return {"text": document.text, "fields": found.flat(), "review": found.doubtful}
