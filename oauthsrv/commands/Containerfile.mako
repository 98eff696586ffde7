# oauthsrv as a container, made by `oauthsrv containerfile`. Build it where `oauthsrv wheel` wrote the wheel.
FROM python:3.11-slim

COPY ${wheel} /tmp/
RUN pip install --no-cache-dir '/tmp/${wheel}[server]' ${"\\"}
    && useradd --uid 10001 --create-home --home-dir /var/lib/oauthsrv oauthsrv

# By its number, so that Kubernetes can see that it is not root.
USER 10001
WORKDIR /var/lib/oauthsrv
ENV OAUTHSRV_LISTEN=0.0.0.0:${port} OAUTHSRV_DATA_DIR=/var/lib/oauthsrv
# Holds the key, unless OAUTHSRV_KEY is set.
VOLUME /var/lib/oauthsrv
EXPOSE ${port}
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${port}/healthz', timeout=5)"]
ENTRYPOINT ["oauthsrv"]
CMD ["serve"]
