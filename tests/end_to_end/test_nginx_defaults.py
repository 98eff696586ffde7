"""Behind an nginx that nobody configured for us: its default buffers hold all our answers up to the consent page."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest
import requests

from end_to_end.running import SECONDS, Page, Person, Service, answered, eventually, free_port
from missing import skip_or_fail

CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {server}; }} }}
}}
"""


@pytest.fixture(scope="module")
def origin(service: Service, short_folder: Callable[[], Path]) -> Iterator[str]:
    if shutil.which("nginx") is None:
        skip_or_fail("nginx is missing: install it with apt-get install nginx")
    folder, port = short_folder(), free_port()
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, server=service.origin))
    nginx = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"])
    try:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: nginx.poll() is not None or requests.get(f"{address}/healthz", timeout=SECONDS).ok)
        assert nginx.poll() is None, (folder / "error.log").read_text()
        yield address
    finally:
        nginx.terminate()
        nginx.wait(SECONDS)


@pytest.mark.parametrize("length", [100, 1_400, 3_000, 7_400])
@pytest.mark.parametrize("sent_by", ["GET", "POST"])
def test_a_long_state_gets_through_default_buffers(
    service: Service, developer: Person, origin: str, length: int, sent_by: str
) -> None:
    app = service.app(developer, "https://app.example/callback")
    email = service.added_person().email
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uri,
        "state": "s" * length,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    person = Person(origin, email)
    address = urljoin(origin, "/oauth/authorize")
    if sent_by == "GET":
        answer = person.browser.get(f"{address}?{urlencode(asked)}", timeout=SECONDS)
    else:
        answer = person.browser.post(address, asked, timeout=SECONDS)
    assert answer.status_code == 200, answer.text[:200]
    signed_in = person.send(Page(answer), "password", email=email, password=person.password)
    assert signed_in.status_code == 303, signed_in.text[:200]
    question = person.open(signed_in.headers["Location"])
    assert question.has("decision"), question.heading
    allowed = person.send(question, "decision", decision="allow")
    if length > 3_000:
        # The app's own state goes back to it in a header, byte for byte: that one needs larger buffers in nginx.
        assert allowed.status_code in (303, 502)
        return
    assert answered(allowed.headers["Location"])["state"] == "s" * length
