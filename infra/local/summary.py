"""What is printed when the stack is up: where it is, who can sign in, what to try."""

from __future__ import annotations

from .console import say
from .settings import ROOT, Settings


def show(description: dict, settings: Settings, took_s: float | None = None) -> None:
    """Prints the summary."""
    aws = description["aws"]
    ready = f"Ready after {took_s:.0f} s." if took_s is not None else "Running."
    folder = settings.folder.relative_to(ROOT) if settings.folder.is_relative_to(ROOT) else settings.folder
    say(f"\n{ready}\n")
    rows = [
        ("customer", description["simulator"], "write on Messenger and on LINE, side by side"),
        ("console", description["console"], "sign in, read and answer"),
        *((login["group"].removesuffix("s"), login["email"], login["password"]) for login in description["logins"]),
        ("API", f"{description['api']}/api", "with a token of one of these logins"),
        ("details", str(folder / "stack.json"), f"logs are in {folder / 'log'}"),
    ]
    for name, where, what in rows:
        say(f"  {name:<14}{where:<52}  {what}")
    say(
        "\nTry first: write something in the chats of the customer page, sign in to the console and answer."
        "\nThen, as administrator, set the idle close of a channel to 1 minute in the settings and watch an answered chat close."
        f"\nLook inside: AWS_ACCESS_KEY_ID={aws['access_key_id']} AWS_SECRET_ACCESS_KEY={aws['secret_access_key']}"
        f" AWS_DEFAULT_REGION={aws['region']} \\\n  aws --endpoint-url {aws['endpoint_url']} cloudformation describe-stacks\n"
    )
