"""`run.py` with a longer deadline for requests than rule 8 gives, for tests of anything else on a slow machine."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from oauthsrv import deadline
from oauthsrv.__main__ import main

if __name__ == "__main__":
    deadline.REQUEST_SECONDS = 30.0
    sys.exit(main())
