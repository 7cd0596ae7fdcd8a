"""`wangge keys`: what seals personal fields."""

from __future__ import annotations

import click

from server.installation import new_key


@click.group()
def keys() -> None:
    """密钥。 Keys of the sealed fields."""


@keys.command()
def new() -> None:
    """生成一套新密钥（只打印，不保存）。 Print fresh keys; nothing is stored.

    请另存两处：密钥丢失，姓名和电话即无法恢复。
    Keep copies in two places: without the keys, names and telephone numbers are lost.
    """
    click.echo(f"WANGGE_SEAL_KEYS=k1:{new_key()}")
    click.echo(f"WANGGE_BLIND_KEY={new_key()}")
