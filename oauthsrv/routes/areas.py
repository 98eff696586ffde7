"""Parts of the map: pages and forms below one path, for the people who have the right to them."""

from collections.abc import Callable
from typing import NamedTuple

from bottle import HTTPResponse

from oauthsrv.routes.forms import Form
from oauthsrv.routes.guards import Entry, Guard, Handler
from oauthsrv.routes.page_guards import csrf, empty_form, opens, page, shows_again, signed_in
from oauthsrv.routes.request import Request


class Area(NamedTuple):
    """`rights` are guards behind `signed_in`; whatever is posted has `csrf` in front of them."""

    path: str
    rights: tuple[Guard, ...] = ()

    def get(self, path: str, handler: Handler, *guards: Guard) -> Entry:
        return "GET", self.path + path, [page, signed_in, *self.rights, *guards], handler

    def post(self, path: str, handler: Handler, *guards: Guard) -> Entry:
        return "POST", self.path + path, [page, signed_in, csrf, *self.rights, *guards], handler

    def form(
        self,
        path: str,
        show: Callable[..., HTTPResponse],
        handler: Handler,
        *guards: Guard,
        filled: Callable[[Request], Form] = empty_form,
        current: Callable[[Request], Form] | None = None,
        new: str = "",
        inside: tuple[Guard, ...] = (),
    ) -> tuple[Entry, Entry]:
        """A page with a form, empty or `filled`, and what it posts to, which shows it again with what is wrong.

        `current` fills it from a record: also after another person changed that (shows_again). `new` ends the path of
        a page that does not post to itself. What guards `inside` refuse is shown with the form too.
        """
        shown = self.get(path + new, opens(show, current or filled))
        return shown, self.post(path, handler, *guards, shows_again(show, current), *inside)
