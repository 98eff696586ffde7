"""Twelve apps, one that was deleted, and the APIs that they call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class App:
    """Times are in days ago, people are called by their first names."""

    name: str
    description: str
    home_page: str
    type: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    owner: str
    created: float
    optional: tuple[str, ...] = ()
    colour: str = ""  # of its logo
    users: int = 0  # how many of the forty allowed it
    calls: int = 0  # in its busiest hour
    rhythm: str = "office"
    limit: int = 1000  # calls per hour
    share: int | None = None  # what one user may have of them, in percent
    skips_pkce: bool = False
    is_approved: bool = True
    verified: float | None = None
    suspended: float | None = None
    suspend_reason: str = ""
    tokens_ended: float | None = None
    deleted: float | None = None
    second_secret: float | None = None  # a rotation that is under way
    team: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    adds_uri: str = ""  # what waits for approval since yesterday
    adds_scope: str = ""


ZAPIER = App(
    "Zapier Connector",
    "Starts your Zaps when something changes here, and writes back what other services send. Connects 12 kinds of "
    "records with more than a thousand other apps.",
    "https://zapier.example/apps/demo",
    "confidential",
    ("https://zapier.example/dashboard/auth/oauth/return/App121212CLIAPI/",),
    ("read:profile", "read:data", "write:data", "webhooks"),
    "dora", 178,
    optional=("write:data", "webhooks"), colour="#c2410c", users=27, calls=1900, rhythm="steady", limit=5000,
    verified=150, team=("emil",), adds_uri="https://zaps-next.example/oauth/return", adds_scope="read:billing",
)  # fmt: skip

SLACK = App(
    "Slack Connector",
    "Posts to a channel of your choice when a record changes, and shows your records when a link to one is posted.",
    "https://slack-connector.example",
    "confidential",
    ("https://slack-connector.example/oauth/callback", "https://staging.slack-connector.example/oauth/callback"),
    ("read:profile", "read:data", "webhooks"),
    "dora", 164,
    optional=("webhooks",), colour="#7e22ce", users=22, calls=640, verified=120, second_secret=9,
    team=("emil", "zoe"), invited=("bruno",),
)  # fmt: skip

CALENDAR = App(
    "Pocket Calendar",
    "Your appointments on your phone, also without a connection.",
    "https://pocket-calendar.example",
    "public",
    ("com.example.pocketcalendar:/oauth", "https://pocket-calendar.example/app/callback"),
    ("read:profile", "read:data", "write:data"),
    "dora", 96,
    optional=("write:data",), colour="#0f766e", users=24, calls=410, rhythm="evening", verified=60,
)  # fmt: skip

TERMINAL = App(
    "Terminal",
    "The command line, for scripts and for people who like it.",
    "",
    "public",
    ("http://127.0.0.1/callback", "http://[::1]/callback"),
    ("read:profile", "write:profile", "read:data", "write:data"),
    "dora", 140,
    colour="#1f2937", users=9, calls=75, rhythm="office",
)  # fmt: skip

INVOICES = App(
    "Invoice Robot",
    "Fetches your invoices every night and files them with your accountant.",
    "https://invoice-robot.example",
    "confidential",
    ("https://invoice-robot.example/connect/done",),
    ("read:profile", "read:billing"),
    "emil", 128,
    colour="#15803d", users=13, calls=1350, rhythm="night", limit=1200, verified=70, tokens_ended=41,
)  # fmt: skip

DASHBOARD = App(
    "Figures at a Glance",
    "A dashboard that runs in your browser alone: your data never reaches a server of ours.",
    "https://figures.example",
    "public",
    ("https://figures.example/callback", "http://localhost:5173/callback"),
    ("read:data", "read:billing"),
    "zoe", 84,
    optional=("read:billing",), colour="#1d4ed8", users=16, calls=520,
)  # fmt: skip

MAIL_MERGE = App(
    "Mail Merge Plus",
    "Letters and newsletters to all your contacts.",
    "https://mail-merge.example",
    "confidential",
    ("https://mail-merge.example/oauth2/return",),
    ("read:profile", "read:data"),
    "walter", 110,
    colour="#be123c", users=11, calls=900, suspended=6,
    suspend_reason="Users report newsletters that they did not ask for. Write to trust@demo.example to talk about it.",
)  # fmt: skip

ASSISTANT = App(
    "Helpful Assistant (MCP)",
    "Answers questions about your records in your editor, over the Model Context Protocol.",
    "https://assistant.example",
    "public",
    ("http://127.0.0.1/oauth/callback", "https://assistant.example/mcp/callback"),
    ("read:profile", "read:data", "write:data"),
    "ines", 0.2,
    optional=("write:data",), is_approved=False,
)  # fmt: skip

WAREHOUSE = App(
    "Warehouse Export",
    "Copies all records into our warehouse every hour. An old program: it cannot do PKCE.",
    "",
    "confidential",
    ("https://warehouse.example/cgi-bin/oauth",),
    ("read:data",),
    "bruno", 172,
    users=4, calls=880, rhythm="steady", share=25, skips_pkce=True,
)  # fmt: skip

TIMESHEETS = App(
    "Timesheets",
    "Hours worked, from your calendar to your payroll.",
    "https://timesheets.example",
    "confidential",
    ("https://timesheets.example/oauth/callback", "http://localhost:3000/oauth/callback"),
    ("read:profile", "write:profile", "read:data"),
    "clara", 73,
    optional=("write:profile",), colour="#a16207", users=15, calls=300, team=("dora", "elif"), invited=("uma",),
)  # fmt: skip

SURVEYS = App(
    "Survey Forms",
    "",
    "",
    "confidential",
    ("http://localhost:8080/callback",),
    ("read:profile",),
    "dora", 2,
)  # fmt: skip

STATUS_BOARD = App(
    "Status Board",
    "Today’s numbers on the screen in the corridor.",
    "https://status-board.example",
    "public",
    ("example.status-board:/signed-in",),
    ("read:data", "read:contacts"),
    "giulia", 145,
    colour="#0369a1", users=6, calls=120, rhythm="fading",
)  # fmt: skip

IMPORTER = App(
    "Old Importer",
    "Moved data from the product that came before.",
    "",
    "confidential",
    ("https://importer.example/back",),
    ("write:data",),
    "emil", 175,
    users=12, calls=200, rhythm="fading", deleted=20,
)  # fmt: skip

APPS = (
    ZAPIER, SLACK, CALENDAR, TERMINAL, INVOICES, DASHBOARD, MAIL_MERGE, ASSISTANT, WAREHOUSE, TIMESHEETS, SURVEYS,
    STATUS_BOARD, IMPORTER,
)  # fmt: skip
LIVING = [app for app in APPS if app.deleted is None]

# name, resource, scopes, days ago
APIS = (
    ("Product API", "https://api.demo.example", ("read:profile", "write:profile", "read:data", "write:data"), 180.0),
    ("Billing API", "https://billing.demo.example", ("read:billing",), 128.5),
    ("Webhooks", "https://hooks.demo.example", ("webhooks",), 101.0),
)

# scope, description, days ago that it was retired: the catalogue's own stay as they are
RETIRED_SCOPE = ("read:contacts", "Read your contacts", 62.0)


def server_of(app: App) -> str:
    """The address of an app's own server."""
    number = APPS.index(app)
    return f"2001:db8:5e:{number}::2" if number % 4 == 1 else f"198.51.100.{number + 10}"
