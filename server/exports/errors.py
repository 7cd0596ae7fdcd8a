"""What can go wrong with exports."""

from __future__ import annotations

from server.errors import Invalid, NotFound, TryLater


class NoSuchExport(NotFound):
    """Nothing is exported under this name, or not in this format."""

    slug = "no-such-export"
    text = (
        "没有这种导出。 There is no such export: areas, cells, households, visits or disputes, as "
        "geojson, gpkg, xlsx or csv."
    )


class ExportsBusy(TryLater):
    """As many exports run as this server bears; nothing was done."""

    slug = "exports-busy"
    text = "正在导出的较多，请稍后再试。 Several exports are running; try again in a minute."


class BadExport(Invalid):
    """What was asked for does not fit what is exported."""

    slug = "bad-export"
    text = "导出条件有误，请按提示修改。 This cannot be exported so; see the details."
