"""People of the demo organisation: users of the stack's Cognito pool, and signing in as one of them."""

from __future__ import annotations

from dataclasses import dataclass

from .aws import client
from .http import call
from .settings import Settings


@dataclass(frozen=True)
class Login:
    """Somebody who can sign in."""

    email: str
    password: str
    group: str


DEMO = (
    Login("admin@example.test", "Madoguchi-Admin-1", "administrators"),
    Login("operator@example.test", "Madoguchi-Operator-1", "operators"),
)


def ensure_user(settings: Settings, pool: str, login: Login) -> None:
    """Makes the user with this password and group, or leaves the one that is there."""
    cognito = client(settings, "cognito-idp")
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=login.email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": login.email}, {"Name": "email_verified", "Value": "true"}],
        )
    except cognito.exceptions.UsernameExistsException:
        return
    cognito.admin_set_user_password(UserPoolId=pool, Username=login.email, Password=login.password, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=login.email, GroupName=login.group)


def sign_in(endpoint: str, client_id: str, login: Login) -> str:
    """An ID token of `login`, as a script gets it: one unsigned call, password in, token out."""
    answer = call(
        "POST",
        endpoint,
        {
            "ClientId": client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": login.email, "PASSWORD": login.password},
        },
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
    )
    if answer.status != 200:
        raise RuntimeError(f"{login.email} could not sign in: {answer}")
    return answer.json()["AuthenticationResult"]["IdToken"]


def machine(settings: Settings, pool: str, client_id: str) -> dict[str, str]:
    """What a program gets a token of its own with (client credentials)."""
    cognito = client(settings, "cognito-idp")
    found = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)["UserPoolClient"]
    return {
        "client_id": client_id,
        "client_secret": found["ClientSecret"],
        "token_url": f"{settings.endpoint}/oauth2/token",
    }
