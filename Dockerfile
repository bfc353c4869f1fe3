# inkread as a service. docs/deploy.md says how to run it; scripts/proofs container carries these steps out without Docker.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN python3 -m venv /opt/inkread
RUN /opt/inkread/bin/pip install --no-cache-dir ".[service,correct,docx,xlsx]"

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends python3 fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/inkread --create-home --shell /usr/sbin/nologin inkread
COPY --from=build /opt/inkread /opt/inkread
# Clients with their hashed secrets, jobs with their documents, and networks as compiled for this processor: all that is ever written beside /tmp.
ENV INKREAD_HOME=/var/lib/inkread XDG_CACHE_HOME=/var/lib/inkread/cache PYTHONDONTWRITEBYTECODE=1
ENV PATH=/opt/inkread/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
VOLUME /var/lib/inkread
USER inkread
WORKDIR /var/lib/inkread
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/ready', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["inkread"]
CMD ["serve", "--host", "0.0.0.0", "--offline"]
