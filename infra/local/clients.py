"""AWS clients that can only reach the local stack."""

import boto3
from botocore.config import Config

REGION = "sa-east-1"
# Any credentials do: the emulator checks none. They keep real ones on this machine out of reach.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def client(service: str, endpoint: str):
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, read_timeout=120)
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, config=config, **CREDENTIALS)
