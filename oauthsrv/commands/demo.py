"""oauthsrv demo: fill the databases with an example that shows every page full."""

import argparse
import dataclasses
import json
import secrets

from oauthsrv.commands import in_columns, opened
from oauthsrv.config import Settings

PASSWORD_BYTES = 15  # 20 characters


def run(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv import demo
    from oauthsrv.demo import apps, people

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    # Changes to an app wait for review; without a grace time, an old refresh token counts as reused immediately.
    with opened(dataclasses.replace(settings, app_review=True, refresh_grace=0)) as server:
        is_new = demo.fill(server, password)
    people_of_note = {
        "administrator": people.ADMINISTRATOR.email,
        "developer": people.DEVELOPER.email,
        "user": people.USER.email,
    }
    if args.json:
        print(json.dumps({"password": password, **people_of_note}))
        return
    number = len(people.PEOPLE)
    added = f"Added {number} users, {len(apps.APPS) - 1} apps and 90 days of usage."
    kept = "The example data was there already and has not changed; its users have a new password."
    print(f"{added if is_new else kept} Sign in as one of these:")
    for line in in_columns([(f"{role}:", email) for role, email in people_of_note.items()]):
        print(line)
    print(f"password: {password}")
    print(f"It is the same for all {number}, and won't be shown again.")
