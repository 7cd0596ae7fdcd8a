"""What the audit does: acts are recorded, sealed into a chain, attested, verified, kept."""

from server.audit.service.acts import record, record_alone

__all__ = ["record", "record_alone"]
