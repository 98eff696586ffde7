"""django-oauth-toolkit as an authorization server: one user, who is signed in and allows everything."""

from __future__ import annotations

import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
settings.configure(
    SECRET_KEY="of a test",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", f"{__name__}.signed_in"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "db.sqlite3")}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    OAUTH2_PROVIDER={
        "SCOPES": {"read": "Read", "write": "Write"},
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 30,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
    },
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.views.generic import ProtectedResourceView  # noqa: E402


def signed_in(get_response):
    def answer(request: HttpRequest) -> HttpResponse:
        request.user = get_user_model().objects.get(username="ada")
        return get_response(request)

    return answer


class Api(ProtectedResourceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("hello")


urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")), path("api", Api.as_view())]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    call_command("migrate", verbosity=0)
    ada = get_user_model().objects.create_user("ada")
    application = get_application_model()
    for client_id, kind, secret in (("cli", "public", ""), ("secret", "confidential", "s+ c")):
        application.objects.create(
            client_id=client_id,
            client_secret=secret,
            user=ada,
            client_type=kind,
            authorization_grant_type="authorization-code",
            redirect_uris="http://127.0.0.1/callback",
            skip_authorization=True,
        )
    with make_server("127.0.0.1", PORT, get_wsgi_application(), handler_class=Quiet) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
