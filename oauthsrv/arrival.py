"""When a request arrived, from which its deadline counts."""

import time

from waitress.parser import HTTPRequestParser


class Request(HTTPRequestParser):
    """A request that knows when it had arrived whole: what it waits for a thread counts too."""

    arrived: float | None = None

    def received(self, data: bytes) -> int:
        taken = int(super().received(data))
        if self.completed:
            self.arrived = time.monotonic()
        return taken
