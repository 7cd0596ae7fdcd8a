"""What English says beside the Chinese of the pages: one catalogue in each folder of pages.

    python -m server.console.frame.catalogues [county/desk …]   find words, drop old ones, compile
    python -m server.console.frame.catalogues --check           is anything untranslated or stale?

Chinese stands in the templates and in Python and is the key; English is written by hand in
translations/en/LC_MESSAGES/messages.po of the same folder.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

from server.console.frame.language import CONSOLE

_PO: Final = Path("translations/en/LC_MESSAGES/messages.po")
_KEYWORDS: Final[Mapping[str, Any]] = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
_METHODS: Final = {".py": "python", ".html": "jinja2", ".txt": "jinja2"}
_OPTIONS: Final = {"trimmed": "true", "silent": "false", "encoding": "utf-8"}
_HEAD: Final = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)  # no date of a run stands in the files
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; say what is wrong.")
@click.argument("folders", nargs=-1)
def main(folders: Sequence[str], check: bool) -> None:
    """Bring the catalogues of these folders (all of them, where none is named) up to date."""
    known = homes()
    wrong: list[str] = []
    for home in [CONSOLE / name for name in folders] or known:
        if not check:
            renew(home, known)
        wrong += faults(home)
    wrong += rivals(known)
    for line in wrong:
        click.echo(line)
    raise SystemExit(bool(wrong))


def homes() -> list[Path]:
    """The folders of the console that have pages, each with a catalogue of its own."""
    return sorted({one.parent for one in (*CONSOLE.rglob("views.py"), *CONSOLE.rglob("templates"))})


def renew(home: Path, others: Sequence[Path] = ()) -> None:
    """Write and compile the catalogue: every word that is used, with the English that it had here,
    or that it has in one of the others.
    """
    had, elsewhere = _kept(home), [_kept(other) for other in others]
    made = _empty()
    for id_, context in _words(home):
        said = _said(id_, context, [had, *elsewhere])
        made.add(id_, said, context=context)
    if len(made):
        (home / _PO).parent.mkdir(parents=True, exist_ok=True)
        (home / _PO).write_text(_written(made), encoding="utf-8")
        (home / _PO).with_suffix(".mo").write_bytes(_compiled(made))


def faults(home: Path) -> Iterator[str]:
    """What is wrong with a folder's catalogue, a line each."""
    name, catalogue = home.relative_to(CONSOLE), _kept(home)
    used, kept = set(_words(home)), {(one.id, one.context) for one in catalogue if one.id}
    for id_, _context in sorted(used - kept, key=str):
        yield f"{name}: 未收录 not in the catalogue: {id_}"
    for id_, _context in sorted(kept - used, key=str):
        yield f"{name}: 已不用 used no longer: {id_}"
    for one in catalogue:
        yield from (f"{name}: {said}: {one.id}" for said in _wrong(one, catalogue) if one.id)
    compiled = (home / _PO).with_suffix(".mo")
    if kept and (not compiled.exists() or compiled.read_bytes() != _compiled(catalogue)):
        yield f"{name}: 未编译 messages.mo is not what messages.po says"


def rivals(found: Sequence[Path]) -> Iterator[str]:
    """One Chinese text with two English ones: the pages would show one of them, by chance."""
    first: dict[tuple[Any, Any], tuple[Any, Path]] = {}
    for home in found:
        for one in _kept(home):
            if not one.id or not _is_said(one):
                continue
            said, where = first.setdefault((one.id, one.context), (one.string, home))
            if said != one.string:
                both = f"{where.relative_to(CONSOLE)}: {said}; {home.relative_to(CONSOLE)}"
                yield f"译法不一 two translations of {one.id}: {both}: {one.string}"


def _wrong(one: Message, catalogue: Catalog) -> Iterator[str]:
    if not _is_said(one):
        yield "未翻译 untranslated"
    elif any(_CHINESE.search(text) for text in _texts(one)):
        yield "译文中有中文 Chinese in the English"
    if one.fuzzy:
        yield "未定 fuzzy"
    yield from (str(error) for error in one.check(catalogue))


def _is_said(one: Message) -> bool:
    return all(_texts(one)) and len(_texts(one)) == len(one.id if one.pluralizable else "1")


def _texts(one: Message) -> list[str]:
    """The English of it: one text, or one and many."""
    return [one.string] if isinstance(one.string, str) else list(one.string or ("",))


def _words(home: Path) -> Iterator[tuple[Any, str | None]]:
    """What is marked for translation in a folder; not in those below it that have pages."""
    below = [other for other in homes() if other != home and home in other.parents]
    for file in sorted(home.rglob("*")):
        if file.suffix in _METHODS and not any(other in file.parents for other in below):
            yield from _words_of(file)


def _words_of(file: Path) -> Iterator[tuple[Any, str | None]]:
    if file.suffix == ".py" and "gettext" not in file.read_text(encoding="utf-8"):
        return  # nothing is marked in it, and reading it takes its time
    options = {} if file.suffix == ".py" else _OPTIONS
    try:
        found = extract_from_file(_METHODS[file.suffix], file, keywords=_KEYWORDS, options=options)
    except TemplateSyntaxError as error:
        raise click.ClickException(f"{file}:{error.lineno}: {error.message}") from error
    for _line, id_, _notes, context in found:
        if id_ and (isinstance(id_, str) or id_[0]):
            yield id_, context


def _said(id_: Any, context: str | None, catalogues: Sequence[Catalog]) -> Any:
    """The English of a text, from the first catalogue that has one."""
    singular = id_ if isinstance(id_, str) else id_[0]
    for catalogue in catalogues:
        known = catalogue.get(singular, context)
        if known is not None and known.id == id_ and _is_said(known):
            return known.string
    return "" if isinstance(id_, str) else ("", "")


def _kept(home: Path) -> Catalog:
    if not (home / _PO).exists():
        return _empty()
    with (home / _PO).open("rb") as file:
        read = read_po(file, locale="en")
    made = _empty()  # without the dates of the reading
    for one in read:
        if one.id:
            made.add(one.id, one.string, flags=one.flags, context=one.context)
    return made


def _empty() -> Catalog:
    return Catalog(
        locale="en",
        project="wangge",
        version="1",
        header_comment="",
        creation_date=_LONG_AGO,
        revision_date=_LONG_AGO,
        fuzzy=False,
    )


def _written(catalogue: Catalog) -> str:
    """Sorted, without places or dates: a change is the lines that it changes."""
    lines = io.BytesIO()
    write_po(lines, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    return _HEAD + lines.getvalue().decode().strip() + "\n"


def _compiled(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


if __name__ == "__main__":
    main()
