"""`wangge audit`: the chain of the audit is sealed, attested outside, and proved whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.audit.errors import NoAuditKey, NoHeads
from server.audit.headbook import HeadBook, book_of
from server.audit.queries.heads import get_settings
from server.audit.rules.signing import Head, Signer, print_key, read_key, to_line
from server.audit.rules.verdict import ENGLISH, OF_ACTS, Finding, Grave, Verdict
from server.audit.service import record_alone
from server.audit.service.sealing import sign_head
from server.audit.service.verifying import verify as verify_chain
from server.cli.opening import acting, county_hand, worker_settings
from server.db import transaction
from server.errors import in_both
from server.installation import new_key
from server.settings import Settings
from server.worker.sealing import seal_acts, seal_waiting

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """审计：封存、链首、核验。 The audit: seals, heads, verification."""


@audit.command()
@click.option(
    "--new", "fresh", is_flag=True, help="生成新私钥（不保存）。 Print a fresh private key."
)
def key(fresh: bool) -> None:
    """显示公钥，供外部核验。 Print the public key, by which others verify.

    请把公钥交给本机管理员以外的人保存。 Give it to somebody who does not keep this server.
    """
    if fresh:
        click.echo(f"WANGGE_AUDIT_KEY={new_key()}")
        return
    click.echo(print_key(_signer(worker_settings()).public))


@audit.command()
@click.option("--out", type=FILE, help="追加到此文件；默认显示。 Add to this file; else print it.")
def heads(out: Path | None) -> None:
    """签发当前链首（先封存待封记录）。 Seal what waits, and sign the head as it stands now.

    请把文件存到本机之外：只有库外的链首能证明末尾未被截断。
    Keep the file elsewhere: only a head outside can show that the end was not cut off.
    """
    settings = worker_settings()
    signer = _signer(settings)
    with county_hand() as by:
        seal_waiting(by)
        with transaction(by) as session:
            head = sign_head(session, by, signer, book_of(settings.data_dir))
    if head is None:
        raise NoHeads("尚无记录可签。 Nothing was sealed yet.")
    if out is None:
        click.echo(to_line(head))
        return
    HeadBook(out).add([head])
    click.echo(f"已写入 written to {out}：编号 number {head.number}")


@audit.command()
@click.option(
    "--heads",
    "files",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="库外保存的链首文件，可重复。 Heads kept outside; repeat it.",
)
@click.option(
    "--public-key",
    "keys",
    multiple=True,
    help="签发者的公钥，可重复；默认本机的。 Of whoever signed; repeat it. Else this server's.",
)
def verify(files: tuple[Path, ...], keys: tuple[str, ...]) -> None:
    """核验整条链。 Recompute the whole chain and compare it with every head.

    退出码：0 完好，1 被改动，2 须人工查看。 Exit code: 0 whole, 1 broken, 2 somebody has to look.
    """
    settings = worker_settings()
    outside = [head for file in files for head in _heads_of(file)]
    outside += book_of(settings.data_dir).read()
    with county_hand() as by, _progress() as progress:
        with transaction(by, snapshot=True) as session:
            verdict = verify_chain(session, by, _keys(keys, settings), outside, progress)
        found = {str(finding.wrong): finding.count for finding in verdict.findings}
        record_alone(by, "audit.verify", links=verdict.links, last=verdict.last, found=found)
    tell(verdict)
    click.get_current_context().exit(verdict.code)


@audit.command()
def seal() -> None:
    """立即封存（后台每 20 秒自动进行）。 Seal now what waits; the worker does it by itself."""
    with county_hand() as by:
        click.echo(f"已封存 sealed: {seal_acts(by)}")


@audit.command()
def settings() -> None:
    """显示设置；由审计管理员经另一人批准更改。 Show the settings.

    They are changed by the audit administrator, and somebody else approves.
    """
    with acting() as (session, _):
        found = get_settings(session)
        click.echo(f"系统编号 installation: {found.installation}")
        click.echo(f"保留月数 months kept: {found.months}")
        click.echo(f"链首接收方 heads go to: {', '.join(found.heads_to) or '-'}")


def tell(verdict: Verdict) -> None:
    """Print a verdict for people."""
    click.echo(f"已核验 links verified: {verdict.links}，末号 last number {verdict.last}")
    click.echo(f"相符链首 heads that agree: {verdict.heads}，至编号 up to number {verdict.until}")
    for finding in sorted(verdict.findings, key=lambda one: (one.grave or 9, one.first)):
        click.echo(_line(finding))
    if verdict.first_broken is not None:
        click.echo(f"首个断点 first broken: {verdict.first_broken}")
    click.echo(_ENDS[verdict.code])


_MARKS = {
    Grave.BROKEN: click.style("断 broken", fg="red"),
    Grave.LOOK: click.style("看 look  ", fg="yellow"),
    Grave.NOTE: "注 note  ",
}
_ENDS = {
    0: click.style("完好。 Whole.", fg="green"),
    1: click.style(
        "审计链不完整：请保全服务器并报告。 Not whole: keep the server as it is.", fg="red"
    ),
    2: click.style(
        "未见改动，但须人工查看上列各项。 Nothing is broken; look at the above.", fg="yellow"
    ),
}


def _line(finding: Finding) -> str:
    of = "记录 act" if finding.wrong in OF_ACTS else "编号 number"
    where = f"{of} {finding.first}" if finding.first else ""
    said = f"{finding.wrong.zh} {ENGLISH[finding.wrong]}"
    return f"{_MARKS[finding.grave]} {said}：×{finding.count} {where}".rstrip()


def _signer(settings: Settings) -> Signer:
    if settings.audit_key is None:
        raise NoAuditKey
    return Signer(settings.audit_key)


def _keys(given: Sequence[str], settings: Settings) -> list[Ed25519PublicKey]:
    if given:
        return [read_key(text) for text in given]
    return [Signer(settings.audit_key).public] if settings.audit_key else []


def _heads_of(file: Path) -> list[Head]:
    heads = HeadBook(file).read()
    if not heads:
        raise NoHeads(in_both(NoHeads.text, str(file)))
    return heads


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """How far it has come, on a terminal; nothing where the output is kept."""
    shown = Progress(
        TextColumn("核验 verifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not Console(stderr=True).is_terminal,
        transient=True,
    )
    with shown:
        task = shown.add_task("", total=None)

        def report(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        yield report
