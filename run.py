"""`python run.py`: the same program as the console script `oauthsrv`."""

import sys

from oauthsrv.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
