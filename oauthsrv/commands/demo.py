"""oauthsrv demo: fills the databases with an example that shows every page full."""

import argparse
import json
import secrets

from oauthsrv.commands import Refused, opened
from oauthsrv.commands.columns import in_columns
from oauthsrv.config import Settings

PASSWORD_BYTES = 15  # 20 characters


def run(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.demo import apps, people, story

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with opened(settings) as server:
        try:
            is_new = story.fill(server, password)
        except story.NotAlone:
            raise Refused(
                "there are users here that are not of the demo: it fills empty databases alone. "
                "Give it some of its own, with OAUTHSRV_DATA_DIR=demo"
            ) from None
    people_of_note = {
        "administrator": people.ADMINISTRATOR.email,
        "developer": people.DEVELOPER.email,
        "user": people.USER.email,
    }
    if args.json:
        print(json.dumps({"password": password, **people_of_note}))
        return
    number = len(people.PEOPLE)
    if is_new:
        print(f"Made {number} people, {len(apps.LIVING)} apps, and 90 days of what they did. Sign in as one of these:")
    else:
        print("The demo is here already, and stays as it is; its people have a new password. Sign in as one of these:")
    for line in in_columns([(f"{role}:", email) for role, email in people_of_note.items()]):
        print(line)
    print(f"password: {password}")
    print(f"It is the same for all {number}, and won't be shown again.")
