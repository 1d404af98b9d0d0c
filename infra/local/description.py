"""`.local/stack.json`: what scripts, tests and the simulator need to know of the running stack (docs/LOCAL.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from .seed import Organisation
from .settings import ACCOUNT, ADMINISTRATOR, REGION, Settings, functions


def write(settings: Settings, outputs: dict[str, str], organisation: Organisation, pids: dict[str, int]) -> dict:
    """Writes the description in one piece and returns it."""
    api = api_base(settings, outputs)
    key, secret = ADMINISTRATOR
    described = {
        "version": 1,
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "base": settings.endpoint,
        "api": api,
        "console": settings.console,
        "simulator": settings.simulator,
        "cognito_endpoint": settings.endpoint,
        "cognito_user_pool_id": outputs["UserPoolId"],
        "cognito_client_id": outputs["UserPoolClientId"],
        "logins": organisation.logins,
        "machine": organisation.machine,
        "meta_app": organisation.meta_app,
        "channels": [
            channel | {"webhook_url": f"{api}{channel['webhook_path']}"} for channel in organisation.channels
        ],
        "aws": {
            "endpoint_url": settings.endpoint,
            "region": REGION,
            "account": ACCOUNT,
            "access_key_id": key,
            "secret_access_key": secret,
            "stack_name": settings.stack_name,
            "functions": {name: f"{settings.stack_name}-{name}" for name in functions()},
            "outputs": outputs,
        },
        "processes": pids,
        "logs": str(settings.logs),
    }
    fresh = settings.description.with_suffix(".new")
    fresh.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(settings.description)
    return described


def read(settings: Settings) -> dict | None:
    """The description, if one is there."""
    try:
        return json.loads(settings.description.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def api_base(settings: Settings, outputs: dict[str, str]) -> str:
    """Base of the HTTP API by path: unlike the host name in ApiUrl it needs no name to resolve."""
    return f"{settings.endpoint}/_aws/execute-api/{outputs['ApiId']}"
