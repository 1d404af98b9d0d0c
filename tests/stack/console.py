"""A browser without scripts: it keeps cookies, follows redirects, and signs in at the identity provider's own page."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin

from infra.local.http import Answer
from infra.local.testbed import Testbed

_PATIENCE_S = 35
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """Somebody's browser at the console of `stack`."""

    def __init__(self, stack: Testbed) -> None:
        self.console = stack.description["console"]
        self._stack = stack
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        # Where the last answer came from.
        self.at = ""

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Asks for `path` below the console, or for an address."""
        url = path if path.startswith("http") else f"{self.console}{path}"
        request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
        try:
            with self._opener.open(request, timeout=_PATIENCE_S) as answer:
                self.at = answer.url
                return Answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as refusal:
            with refusal:
                self.at = refusal.url
                return Answer(refusal.code, refusal.read(), refusal.headers)

    def sign_in(self, path: str, group: str = "operators") -> Answer:
        """Opens `path` as the demo login of `group`; returns the page that this leads to."""
        asked = self.send("GET", path)
        assert asked.status == 200, asked
        page = asked.body.decode()
        assert 'name="password"' in page, "the identity provider asks who it is"
        login = next(login for login in self._stack.description["logins"] if login["group"] == group)
        fields = {name: html.unescape(value) for name, value in _FIELD.findall(page)}
        fields |= {"username": login["email"], "password": login["password"]}
        action = re.search(r'<form method="POST" action="([^"]+)"', page)
        assert action, page
        return self.send("POST", urljoin(self.at, action[1]), urlencode(fields).encode())

    def csrf(self, page: Answer) -> str:
        """What a change must carry, as `page` says it."""
        found = re.search(r'<meta name="csrf" content="([^"]+)"', page.body.decode())
        assert found, page
        return found[1]
