"""What the service and its clients say to each other: requests and replies, without pictures or arrays.

`/ocr` speaks the words of services that exist (camelCase, `errorCode`), `/v1` our own. A failure is the same for all.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

Point = tuple[int, int]
MAX_NAME = 255


class Failure(BaseModel):
    """Why a request was not answered. errorCode: the HTTP status.  kind: the class of the error in `inkread.errors`."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    log_id: str = Field(description="names this request in the service's log")
    error_code: int = Field(description="the HTTP status")
    error_msg: str = Field(description="what happened, to what, and what to do")
    kind: str = Field("InkreadError", description="which error: LimitError, FormatError, QuotaError ...")


# ------------------------------------------------------------------------------------------------ POST /ocr


class _Ocr(BaseModel):
    """Names on the wire are camelCase; what a client sends besides is not looked at, as such services have it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class InferenceParams(_Ocr):
    """What the older request may ask for."""

    max_long_side: int | None = Field(
        None, ge=32, le=65_500, description="the detector sees a larger picture reduced to this long side, px"
    )


class ImageRequest(_Ocr):
    """The older request: one picture."""

    image: str = Field(min_length=1, description="the picture's content in Base64, or its address (URL) where allowed")
    inference_params: InferenceParams | None = None


class FileRequest(_Ocr):
    """The newer request: a picture or a PDF."""

    file: str = Field(min_length=1, description="the file's content in Base64, or its address (URL) where allowed")
    file_type: Literal[0, 1] | None = Field(None, description="0: PDF, 1: picture; told by the content in any case")
    visualize: bool | None = Field(None, description="pictures in the reply too; null: yes")
    use_doc_orientation_classify: bool | None = Field(None, description="turn pages upright; null: yes")
    use_doc_unwarping: bool | None = Field(None, description="pages are never unwarped here; the reply says so")
    use_textline_orientation: bool | None = Field(None, description="turn lines that are upside down; null: in doubt")
    text_det_limit_side_len: int | None = Field(None, ge=32, le=8192)
    text_det_limit_type: Literal["min", "max"] | None = None
    text_det_thresh: float | None = Field(None, ge=0, le=1)
    text_det_box_thresh: float | None = Field(None, ge=0, le=1)
    text_det_unclip_ratio: float | None = Field(None, ge=1, le=4)
    text_rec_score_thresh: float | None = Field(None, ge=0, le=1)


class Text(_Ocr):
    """A line: its corners, clockwise from the reader's top left, in page pixels."""

    poly: list[Point]
    text: str
    score: float


class ImageResult(_Ocr):
    """What stands on one picture."""

    texts: list[Text]
    image: str = Field(description="the picture with its texts marked, JPEG in Base64")


class PageResult(_Ocr):
    """What stands on one page of a file."""

    pruned_result: dict[str, Any]
    ocr_image: str | None = None
    doc_preprocessing_image: str | None = None
    input_image: str | None = None


class FileResult(_Ocr):
    """What stands in a file, page by page, and how large its pages are."""

    ocr_results: list[PageResult]
    data_info: dict[str, Any]


class OcrReply(_Ocr):
    """What `/ocr` answers: `result.texts` to a request with `image`, `result.ocrResults` to one with `file`."""

    log_id: str
    error_code: Literal[0] = 0
    error_msg: Literal["Success"] = "Success"
    result: ImageResult | FileResult


# ------------------------------------------------------------------------------------------------ /v1


class _Reading(BaseModel):
    """What is to be read, and how. Either `file` or `url` is there; in a form `file` is a part of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: str | None = Field(None, min_length=1, description="the content in Base64")
    url: str | None = Field(None, min_length=1, max_length=8192, description="its address, where that is allowed")
    name: str = Field("", max_length=MAX_NAME, description="what to call it in the result")
    language: list[str] = Field(default_factory=list, max_length=8, description="tags or names of languages")
    mode: Literal["printed", "handwritten", "auto"] | None = None
    pages: str | None = Field(None, max_length=200, description="1-3,7,10-")
    password: SecretStr | None = Field(None, max_length=1024, description="opens an encrypted PDF; never logged")
    text_layer: Literal["auto", "always", "never"] | None = None
    correct: Literal["never", "lexicon"] | None = None
    min_confidence: float | None = Field(None, ge=0, le=1)
    extract: Literal["receipt", "invoice"] | dict[str, Any] | None = Field(
        None, description="fields too: of a receipt, an invoice, or those of a JSON Schema; with the format json only"
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.file is not None and self.url is not None:
            raise ValueError("give either file or url, not both")
        return self


class ReadRequest(_Reading):
    """What is to be read, and the format that it is answered in."""

    format: str = Field("json", max_length=40, description="json, text, markdown, hocr, alto, pdf, docx ...")
    pictures: bool = Field(False, description="the pages' pictures too, with the format json only")
    timeout_s: float | None = Field(None, gt=0, le=86_400, description="answer within; the service's own limit stays")
    partial: bool = Field(False, description="pages read until the time is over are better than none")


class JobRequest(_Reading):
    """What is to be read while nobody waits."""

    webhook: str | None = Field(
        None, min_length=1, max_length=2048, description="address that is told when it ends, where that is allowed"
    )


class JobError(BaseModel):
    """Why a job or a page has no result. kind: the class of the error in `inkread.errors`."""

    kind: str
    message: str


class PageError(JobError):
    """A page that could not be read. position: among the pages that were asked for, from 1."""

    position: int


class JobStatus(BaseModel):
    """A job. Times are RFC 3339, in UTC."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    pages: int | None = Field(description="how many there are; null until the document was opened")
    pages_done: int = Field(description="how many of them are over with, read or not")
    failed_pages: list[PageError] = Field(default_factory=list)
    error: JobError | None = Field(None, description="why it failed")
    webhook: Literal["waiting", "delivered", "failed"] | None = None
    created: str
    changed: str
    ended: str | None = None
    expires: str | None = Field(None, description="when document and result are removed")


class Jobs(BaseModel):
    """Jobs, the newest first. more: whether there are older ones; ask with `before` and the last id."""

    jobs: list[JobStatus]
    more: bool


class WebhookSecret(BaseModel):
    """What messages to this client's addresses are signed with (Standard Webhooks, HMAC-SHA256)."""

    secret: str


class ExtractReply(BaseModel):
    """A document with its fields, where `extract` asked for them, and its pages' pictures, where `pictures` did."""

    fields: dict[str, Any] | None
    document: dict[str, Any]
    pictures: list[str] = Field(default_factory=list, description="of each page, as it was read, JPEG in Base64")


class Pages(BaseModel):
    """How many pages a file has."""

    pages: int


class Model(BaseModel):
    """A model that the service knows."""

    name: str
    task: str
    license: str
    languages: int
    is_here: bool


class Models(BaseModel):
    """The models that the service knows, and what reads by default."""

    generator: str
    models: list[Model]


class Language(BaseModel):
    """A language that can be read here. coverage: the share of its alphabet that the model writes, 0..1."""

    tag: str
    name: str
    script: str
    model: str
    coverage: float | None = None


class Languages(BaseModel):
    """The languages that can be read here."""

    languages: list[Language]


class Token(BaseModel):
    """What `/connect/token` answers (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int


class Health(BaseModel):
    """Whether the service lives, or is ready for work."""

    status: Literal["live", "ready", "starting", "stopping"]
