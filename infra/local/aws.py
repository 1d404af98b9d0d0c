"""Clients for the emulator, as its administrator. Never for AWS: the endpoint and the keys are given, not looked up."""

from __future__ import annotations

import boto3
from botocore.config import Config

from .settings import ADMINISTRATOR, REGION, Settings


def client(settings: Settings, service: str):
    """A client of `service` on the stack's emulator."""
    key, secret = ADMINISTRATOR
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=settings.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(proxies={}, read_timeout=60, retries={"total_max_attempts": 1}),
    )
