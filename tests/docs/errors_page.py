"""docs/errors.md, made from the errors themselves: `python -m tests.docs.errors_page` prints it."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import walk_packages

import server
from server.problems import catalogue

HEAD = """# 错误 Errors

Every error is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem
(`application/problem+json`): `type` is `/problems/<slug>` and never changes its meaning, `detail`
tells a person what to do next, `errors` names the fields, `request` is the id to quote to IT.
Nothing of a failed request is kept, unless the text says so. 503 and 429 carry `Retry-After`.

| type | status | text |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    for module in walk_packages(server.__path__, "server."):
        if not module.name.endswith("__main__"):
            import_module(module.name)  # an error is known when its module is
    return HEAD + "".join(f"| `{slug}` | {code} | {text} |\n" for slug, code, text in catalogue())


if __name__ == "__main__":
    sys.stdout.write(page())
