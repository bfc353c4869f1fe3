"""What the operator of a service settles, and no request can raise."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from inkread.option_set import Options
from inkread.options import Limits, LoadOptions, ReaderOptions, WebOptions

# What an open service answers to: a web page that a name leads here for may not ask (DNS rebinding).
LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class RateOptions(Options):
    """How much one client may ask for in a minute, where its own quota does not say otherwise."""

    requests: float = Field(600.0, gt=0, description="requests of one client in a minute")
    megapixels: float = Field(6_000.0, gt=0, description="megapixels read for one client in a minute")


class ServiceLimits(Options):
    """What one request, and all of them together, may cost."""

    max_body_mb: int = Field(32, ge=1, le=4096, description="body of a request, MiB; Base64 takes a third of it")
    max_waiting_mb: int = Field(512, ge=1, description="bodies of all requests together that are held in memory, MiB")
    max_megapixels: float = Field(50.0, gt=0, description="one picture or page, megapixels")
    max_side_px: int = Field(20_000, ge=1, description="width or height of a picture or page, px")
    max_pages: int = Field(10, ge=1, description="pages that one request may ask for")
    max_document_pages: int = Field(2_000, ge=1, description="pages of a file, of which a request may ask for some")
    max_regions: int = Field(5_000, ge=1, description="lines of one page; more are cut off and the page says so")
    decode_cpu_s: float = Field(10.0, gt=0, description="processor time for decoding one page, s")
    decode_wall_s: float = Field(15.0, gt=0, description="time for decoding one page, s")
    decode_memory_mb: int = Field(1536, ge=512, description="address space for decoding, MiB")
    request_s: float = Field(60.0, gt=0, description="from a request's headers to its answer, s")
    body_s: float = Field(30.0, gt=0, description="until a request's body is there, s")
    answer_s: float = Field(60.0, gt=0, description="until a client has taken the next part of its answer, s")
    header_s: float = Field(10.0, gt=0, description="until a request's headers are there, s")
    queue: int = Field(64, ge=0, description="requests that wait while others are worked on")
    per_client: int = Field(32, ge=1, description="requests of one client that wait or are worked on")
    connections: int = Field(1024, ge=1, description="open connections")


class WebhookOptions(Options):
    """Telling addresses that clients name when a job ends."""

    allow: bool = Field(False, description="may a job name an address that is told when it ends")
    secret_file: str | None = Field(
        None, description="file with the secret that signatures are made with; None: INKREAD_WEBHOOK_SECRET"
    )
    tries: int = Field(8, ge=1, le=20, description="how often a message is sent until it is taken")
    first_wait_s: float = Field(5.0, gt=0, description="wait before the second try, s; doubled before each further one")
    longest_wait_s: float = Field(3600.0, gt=0, description="longest wait between two tries, s")
    web: WebOptions = WebOptions()


class JobOptions(Options):
    """Documents that are read while nobody waits."""

    enabled: bool = Field(True, description="are jobs taken")
    folder: str | None = Field(None, description="folder of documents and results; None: service/jobs of INKREAD_HOME")
    key_file: str | None = Field(
        None, description="file with a key (openssl rand -base64 32) that seals them; None: INKREAD_JOBS_KEY, if set"
    )
    max_body_mb: int = Field(100, ge=1, le=4096, description="body of a submission, MiB")
    body_s: float = Field(300.0, gt=0, description="until a submission's body is there, s")
    max_pages: int = Field(2_000, ge=1, description="pages that one job may have")
    queue: int = Field(1_000, ge=1, description="jobs of all clients that have not ended")
    per_client: int = Field(100, ge=1, description="jobs of one client that have not ended")
    max_mb: int = Field(20_480, ge=1, description="all that is kept, MiB")
    min_free_mb: int = Field(256, ge=0, description="left free on the disk, MiB")
    keep_s: float = Field(86_400.0, gt=0, description="documents and results are kept for so long after the end, s")
    lease_s: float = Field(30.0, gt=0, description="a worker that says nothing for so long has lost its job, s")
    attempts: int = Field(3, ge=1, le=100, description="how often a page is begun before it has failed")
    slice_s: float = Field(
        10.0, ge=0, description="a job is read for so long while others wait, then it is their turn, s"
    )
    result_s: float = Field(600.0, gt=0, description="until a result is made, s")
    streams: int = Field(200, ge=1, description="clients that are told of pages as they are read")
    webhook: WebhookOptions = WebhookOptions()


class ServiceOptions(Options):
    """All of a service: its limits and, under `reader`, how it reads."""

    workers: int | None = Field(
        None, ge=1, le=64, description="threads that read; None: two, one where there is one processor"
    )
    token_s: int = Field(3600, ge=60, le=86_400, description="how long a token is good for, s")
    token_requests: float = Field(60.0, gt=0, description="tokens that one address may ask for in a minute")
    names: tuple[str, ...] = Field(
        (), description="host names that a service without credentials answers to, beside those of this machine"
    )
    open_metrics: bool = Field(False, description="/metrics without credentials")
    variants: int = Field(8, ge=1, le=100, description="combinations of options kept ready, each with its stages")
    rate: RateOptions = RateOptions()
    limits: ServiceLimits = ServiceLimits()
    jobs: JobOptions = JobOptions()
    reader: ReaderOptions = ReaderOptions()

    def reading(self) -> ReaderOptions:
        """Return how the service reads: as `reader` says, within the limits, everything decoded in a child."""
        limits = self.limits
        given = self.reader
        within = Limits(
            max_pixels=min(round(limits.max_megapixels * 1e6), given.limits.max_pixels),
            max_side_px=min(limits.max_side_px, given.limits.max_side_px),
            max_pages=min(limits.max_document_pages, given.limits.max_pages),
            max_jpeg_scans=given.limits.max_jpeg_scans,
            max_layer_characters=given.limits.max_layer_characters,
            decode_cpu_s=limits.decode_cpu_s,
            decode_wall_s=limits.decode_wall_s,
            decode_memory_mb=limits.decode_memory_mb,
            max_bytes=limits.max_body_mb << 20,
            max_memory_mb=given.limits.max_memory_mb,
            deadline_s=given.limits.deadline_s,
        )
        web = given.load.web
        load: LoadOptions = given.load.with_(
            isolate="always",
            pages=None,
            password=None,
            web=web.with_(max_bytes=min(web.max_bytes, limits.max_body_mb << 20)),
        )
        detect = given.detect.with_(max_regions=min(limits.max_regions, given.detect.max_regions))
        return given.with_(limits=within, load=load, detect=detect)

    def with_web(self, **values: Any) -> ServiceOptions:
        """Return a copy with these options of reading from addresses."""
        web = self.reader.load.web.with_(**values)
        return self.with_(reader=self.reader.with_(load=self.reader.load.with_(web=web)))
