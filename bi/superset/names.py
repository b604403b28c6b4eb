"""Identities and names that the parts of the bundle share."""

from uuid import NAMESPACE_DNS, UUID, uuid5

VERSION = "1.0.0"
"""Of the layout that Superset exports."""

_NAMESPACE = uuid5(NAMESPACE_DNS, "superset.dialflo-pipeline")

_LABELS = {
    "agent_name": "Agent",
    "call_date": "Day",
    "from_number_e164": "Calling number",
    "drifts": "Drift",
    "minus_cleared": "Cleared (below the line)",
}


def identity(kind: str, name: str) -> UUID:
    """The same for the same part in every bundle, so that importing a newer one replaces the older."""
    return uuid5(_NAMESPACE, f"{kind}/{name}")


def label(name: str) -> str:
    """How a column or figure is called before people."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())
