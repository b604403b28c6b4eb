"""Re-exports of Dagster's private names; nothing else in the package imports from a private module of Dagster's."""

from dagster._config import process_config, resolve_to_config_type
from dagster._core.events import AssetMaterializationPlannedData, JobFailureData, RunFailureReason
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus
from dagster._core.instance.ref import InstanceRef
from dagster._core.scheduler.instigation import InstigatorStatus, InstigatorType
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from dagster._serdes import ConfigurableClassData
from dagster_shared.error import SerializableErrorInfo

WHY = {
    "process_config": "`dialflo doctor` reads a dagster.yaml as an instance does",
    "resolve_to_config_type": "`dialflo doctor` reads a dagster.yaml as an instance does",
    "AssetMaterializationPlannedData": "days that a failed run was to make are shown as failed",
    "JobFailureData": "a run whose process was killed is marked as failed with the reason",
    "RunFailureReason": "a run that could not be started differs from one that failed",
    "BulkActionsFilter": "backfills under way are asked for by status",
    "BulkActionStatus": "backfills under way are asked for by status",
    "InstanceRef": "`dialflo doctor` reads an instance without creating what is missing",
    "InstigatorStatus": "`dialflo doctor` says which sensors are switched off",
    "InstigatorType": "the heartbeat of the sensor daemon is found by its type",
    "ASSET_PARTITION_RANGE_END_TAG": "the days of a run over a range are in its tags",
    "ASSET_PARTITION_RANGE_START_TAG": "the days of a run over a range are in its tags",
    "PARTITION_NAME_TAG": "the day of a run is in its tags",
    "ConfigurableClassData": "`dialflo doctor` reads PostgreSQL without creating tables there",
    "SerializableErrorInfo": "an event holds errors in this form",
}
"""What each name is needed for."""

__all__ = [
    "ASSET_PARTITION_RANGE_END_TAG",
    "ASSET_PARTITION_RANGE_START_TAG",
    "PARTITION_NAME_TAG",
    "WHY",
    "AssetMaterializationPlannedData",
    "BulkActionStatus",
    "BulkActionsFilter",
    "ConfigurableClassData",
    "InstanceRef",
    "InstigatorStatus",
    "InstigatorType",
    "JobFailureData",
    "RunFailureReason",
    "SerializableErrorInfo",
    "process_config",
    "resolve_to_config_type",
]
