"""What a role and a reason are called."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _

from server.access.permissions import Role

ROLES: Final = {
    Role.GRID_WORKER.value: _("网格员"),
    Role.MEDIATOR.value: _("村级调解员"),
    Role.TOWNSHIP_SUPERVISOR.value: _("乡镇主管"),
    Role.COUNTY_OFFICE.value: _("县级单位"),
    Role.SYSTEM_ADMIN.value: _("系统管理员"),
    Role.SECURITY_ADMIN.value: _("安全管理员"),
    Role.AUDIT_ADMIN.value: _("审计管理员"),
}
# Of one's own device; what an administrator may say besides is not one's own to say.
REASONS: Final = {
    "lost": _("丢失"),
    "stolen": _("被盗"),
    "replaced": _("已换新"),
    "other": _("其他原因"),
}
# How it came that a device was revoked, its own user's reasons among them.
WHY: Final = {**REASONS, "left": _("离岗"), "disabled": _("账号停用")}
