"""The programs of a quickstart, as data: what each needs, its files, and how to run it. Their code is in templates/."""

from typing import NamedTuple

from oauthsrv.oauth.grant_types import CLIENT_CREDENTIALS, DEVICE_CODE


class File(NamedTuple):
    """`part` is the def in the language's template. `{page}` in a name is the page behind the redirect URI."""

    part: str
    name: str
    written_in: str


class Language(NamedTuple):
    """`install` and `run` are commands, in which {host}, {port} and {page} come from the redirect URI."""

    name: str
    title: str
    needs: str
    files: tuple[File, ...]
    install: str
    run: str
    extra: str = ""  # of this package


class AppKind(NamedTuple):
    """A kind of app. `returns`: where its users return, a key of quickstart.ADDED. `guide`: what to read next."""

    name: str
    title: str
    about: str
    returns: str
    guide: str
    keeps_secret: bool
    languages: tuple[Language, ...]


WEB = AppKind(
    "web",
    "Web app",
    "Your server gets the tokens and keeps them; the browser has only a session with your server.",
    "server",
    "identity",
    True,
    (
        Language(
            "flask",
            "Flask",
            "Python",
            (File("code", "web_app.py", "python"),),
            "python3 -m venv venv && . venv/bin/activate\npython3 -m pip install flask authlib requests",
            "python3 web_app.py",
        ),
        Language(
            "express",
            "Express",
            "Node.js 20 or newer",
            (File("code", "web_app.mjs", "javascript"),),
            "npm install express express-session openid-client",
            "node web_app.mjs",
        ),
    ),
)
BROWSER = AppKind(
    "browser",
    "Single-page app",
    "One file, without packages and without your own server. Tokens stay in the page’s memory.",
    "server",
    "single-page-app",
    False,
    (
        Language(
            "browser",
            "One HTML file",
            "a server for static files; this one comes with Python",
            (File("code", "{page}", "html"),),
            "",
            "python3 -m http.server {port} --bind {host}",
        ),
    ),
)
MOBILE = AppKind(
    "mobile",
    "Mobile app",
    "AppAuth opens the system’s browser, and the system returns the response to your app (RFC 8252).",
    "device",
    "mobile",
    False,
    (
        Language(
            "android",
            "Android",
            "Android Studio, and a new project from “Empty Views Activity” with the package com.example.app",
            (
                File("gradle", "app/build.gradle.kts", "kotlin"),
                File("manifest", "app/src/main/AndroidManifest.xml", "xml"),
                File("code", "app/src/main/java/com/example/app/MainActivity.kt", "kotlin"),
            ),
            "",
            "./gradlew installDebug",
        ),
        Language(
            "ios",
            "iOS",
            "Xcode, a new SwiftUI app, and the Swift package https://github.com/openid/AppAuth-iOS",
            (File("code", "ExampleApp.swift", "swift"),),
            "",
            "",
        ),
    ),
)
TERMINAL = AppKind(
    "terminal",
    "Command line",
    "The program opens a browser and keeps the tokens on its user’s machine.",
    "server",
    "client",
    True,
    (
        Language(
            "client",
            "Our command-line client",
            "Python 3.11 or newer, and curl",
            (File("code", "quickstart.sh", "shell"),),
            "",
            "bash quickstart.sh",
            "client",
        ),
        Language(
            "python",
            "Python",
            "Python 3.11 or newer",
            (File("code", "quickstart.py", "python"),),
            "",
            "python3 quickstart.py",
            "client",
        ),
        Language(
            "curl",
            "curl",
            "bash, curl and openssl",
            (File("code", "quickstart.sh", "shell"),),
            "",
            "bash quickstart.sh",
        ),
    ),
)
KINDS = (WEB, BROWSER, MOBILE, TERMINAL)


class FirstToken(NamedTuple):
    """A way to a first token without a redirect URI. `part` is its program, in templates/quickstart/starts.mako."""

    part: str
    title: str
    before: str
    guide: str


STARTS = {
    CLIENT_CREDENTIALS: FirstToken(
        "own_token",
        "A token of the app’s own",
        "An administrator must give the app access without a user first.",
        "/developer/docs/machines",
    ),
    DEVICE_CODE: FirstToken(
        "device",
        "A device without a browser",
        "The program shows an address and a code, and waits until you have allowed it.",
        "/developer/docs/devices",
    ),
}
