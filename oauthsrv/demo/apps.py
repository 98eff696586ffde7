"""Twelve apps, a deleted one, and the APIs that they call."""

import io
from typing import NamedTuple
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont

from oauthsrv.flows.apis import ApiFields
from oauthsrv.flows.clients.fields import ClientFields
from oauthsrv.logos import SIDE
from oauthsrv.oauth.grant_types import DEFAULT, DEVICE_CODE


class App(NamedTuple):
    name: str
    owner: str  # first name
    created: float  # days ago
    type: str
    color: str = ""  # of its logo
    users: int = 0
    calls: int = 0  # in its busiest hour
    rhythm: str = "office"  # of its calls

    @property
    def address(self) -> str:
        """The address of the app's own server."""
        number = ROWS.index(self)
        return f"2001:db8:5e:{number}::2" if number % 4 == 1 else f"198.51.100.{number + 10}"


ROWS = (
    App("Zapier Connector", "dora", 178, "confidential", "#c2410c", users=27, calls=1900, rhythm="steady"),
    App("Slack Connector", "dora", 164, "confidential", "#7e22ce", users=22, calls=640),
    App("Pocket Calendar", "dora", 96, "public", "#0f766e", users=24, calls=410, rhythm="evening"),
    App("Terminal", "dora", 140, "public", "#1f2937", users=9, calls=75),
    App("Invoice Robot", "emil", 128, "confidential", "#15803d", users=13, calls=1350, rhythm="night"),
    App("Figures at a Glance", "zoe", 84, "public", "#1d4ed8", users=16, calls=520),
    App("Mail Merge Plus", "walter", 110, "confidential", "#be123c", users=11, calls=900),
    App("Helpful Assistant (MCP)", "ines", 0.2, "public"),
    App("Warehouse Export", "bruno", 172, "confidential", users=4, calls=880, rhythm="steady"),
    App("Timesheets", "clara", 73, "confidential", "#a16207", users=15, calls=300),
    App("Survey Forms", "dora", 2, "confidential"),
    App("Status Board", "giulia", 142, "public", "#0369a1", users=6, calls=120, rhythm="fading"),
    App("Old Importer", "emil", 175, "confidential", users=12, calls=200, rhythm="fading"),
)
APPS = {app.name: app for app in ROWS}

DESCRIPTIONS = {
    "Zapier Connector": "Starts your Zaps when something changes here, and writes back what other services send. "
    "Connects 12 kinds of records with more than a thousand other apps.",
    "Slack Connector": "Posts to a channel when a record changes, and previews records that someone links to.",
    "Pocket Calendar": "Your appointments on your phone, even offline.",
    "Terminal": "The command line, for scripts and for people who like it.",
    "Invoice Robot": "Fetches your invoices every night and files them with your accountant.",
    "Figures at a Glance": "A dashboard that runs in your browser: your data never reaches our servers.",
    "Mail Merge Plus": "Letters and newsletters to all your contacts.",
    "Helpful Assistant (MCP)": "Answers questions about your records in your editor (Model Context Protocol).",
    "Warehouse Export": "Copies all records to our warehouse every hour. An old program that doesn’t support PKCE.",
    "Timesheets": "Hours worked, from your calendar to your payroll.",
    "Status Board": "Today’s numbers on the screen in the hallway.",
    "Old Importer": "Moved data from the previous product.",
}
REDIRECT_URIS = {
    "Zapier Connector": "https://zapier.example/dashboard/auth/oauth/return/App121212CLIAPI/",
    "Slack Connector": "https://slack-connector.example/oauth/callback https://staging.slack-connector.example/oauth/callback",
    "Pocket Calendar": "com.example.pocketcalendar:/oauth https://pocket-calendar.example/app/callback",
    "Terminal": "http://127.0.0.1/callback http://[::1]/callback",
    "Invoice Robot": "https://invoice-robot.example/connect/done",
    "Figures at a Glance": "https://figures.example/callback http://localhost:5173/callback",
    "Mail Merge Plus": "https://mail-merge.example/oauth2/return",
    "Helpful Assistant (MCP)": "http://127.0.0.1/oauth/callback https://assistant.example/mcp/callback",
    "Warehouse Export": "https://warehouse.example/cgi-bin/oauth",
    "Timesheets": "https://timesheets.example/oauth/callback http://localhost:3000/oauth/callback",
    "Survey Forms": "http://localhost:8080/callback",
    "Status Board": "example.status-board:/signed-in",
    "Old Importer": "https://importer.example/back",
}
ON_DEVICES = {"Terminal", "Status Board"}
# A question mark makes a scope optional.
SCOPES = {
    "Zapier Connector": "read:profile read:data write:data? webhooks?",
    "Slack Connector": "read:profile read:data webhooks?",
    "Pocket Calendar": "read:profile read:data write:data?",
    "Terminal": "read:profile write:profile read:data write:data",
    "Invoice Robot": "read:profile read:billing",
    "Figures at a Glance": "read:data read:billing?",
    "Mail Merge Plus": "read:profile read:data",
    "Helpful Assistant (MCP)": "read:profile read:data write:data?",
    "Warehouse Export": "read:data",
    "Timesheets": "read:profile write:profile? read:data",
    "Survey Forms": "read:profile",
    "Status Board": "read:data read:contacts",
    "Old Importer": "write:data",
}

PRODUCT_API = ApiFields(
    "Product API", "https://api.demo.example", ["read:profile", "write:profile", "read:data", "write:data"]
)
BILLING_API = ApiFields("Billing API", "https://billing.demo.example", ["read:billing"])
WEBHOOKS = ApiFields("Webhooks", "https://hooks.demo.example", ["webhooks"])


def fields_of(app: App) -> ClientFields:
    uris, scopes = REDIRECT_URIS[app.name].split(), SCOPES[app.name].split()
    sites = [f"https://{urlsplit(uri).netloc}" for uri in uris if uri.startswith("https://")]
    return ClientFields(
        name=app.name,
        description=DESCRIPTIONS.get(app.name, ""),
        home_page=next(iter(sites), ""),
        type=app.type,
        grant_types=[*DEFAULT, DEVICE_CODE] if app.name in ON_DEVICES else list(DEFAULT),
        redirect_uris=uris,
        scopes=[scope.rstrip("?") for scope in scopes],
        skips_pkce=app.name == "Warehouse Export",
        optional_scopes=[scope.rstrip("?") for scope in scopes if scope.endswith("?")],
        logo=letter(app) if app.color else None,
    )


def letter(app: App) -> bytes:
    """The first letter of the app's name as a PNG: its logo."""
    image, font = Image.new("RGB", (SIDE, SIDE), app.color), ImageFont.load_default(SIDE * 0.6)
    ImageDraw.Draw(image).text((SIDE / 2, SIDE / 2), app.name[0], fill="white", font=font, anchor="mm")
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return png.getvalue()
