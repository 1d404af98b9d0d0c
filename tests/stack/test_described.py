"""Generated requests, as the published description allows and as it forbids, to every operation of it (OPS-1).

Whatever is asked, by whomever, no answer is a server's error and none is other than described. The requests are the same on
every run.
"""

from __future__ import annotations

import os

import hypothesis
import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import APIOperation, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.local.settings import ROOT
from infra.local.testbed import Testbed

from .described import Ground, make_ground

_EXAMPLES = int(os.environ.get("MADOGUCHI_DESCRIBED_EXAMPLES") or 20)
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Any text may stand there, so none is wrong.
_NEVER_WRONG = {"getMedia", "readDataDeletion", "askUnsubscribe", "unsubscribe", "getPersonaPicture"}
# What these end is what the others are about: last of all, and in this order.
_ENDING = ("disable", "remove", "abandon", "delete")
# As long as API Gateway waits for a function, and a little longer.
_PATIENCE_S = 35
_CALLERS = ["administrators"] * 6 + ["operators"] * 2 + ["machine"] * 2 + [None]


def _description() -> BaseSchema:
    document = yaml.load((ROOT / "infra" / "openapi.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # noqa: S506
    # Tokens are the callers' own.
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(seed=1, projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    return schemathesis.openapi.from_dict(document, config=config)


def _operations() -> list[APIOperation]:
    found = [one.ok() for one in _description().get_all_operations()]
    ends = [(0, ""), *enumerate(_ENDING, 1)]
    return sorted(found, key=lambda operation: max(place for place, verb in ends if _id(operation).startswith(verb)))


def _id(operation: APIOperation) -> str:
    return operation.definition.raw["operationId"]


@pytest.fixture(scope="module")
def ground(stack: Testbed) -> Ground:
    """What the requests are about."""
    return make_ground(stack)


@pytest.fixture(scope="module")
def session() -> requests.Session:
    """Connections that are kept, and no proxy."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def test_ops_1_the_description_is_as_openapi_has_it():
    _description().validate()


@pytest.mark.parametrize("operation", _operations(), ids=_id)
def test_ops_1_every_answer_is_as_described(operation: APIOperation, stack: Testbed, ground: Ground, session: requests.Session):
    wrong = [] if _id(operation) in _NEVER_WRONG else [GenerationMode.NEGATIVE]
    modes = [GenerationMode.POSITIVE, GenerationMode.POSITIVE, *wrong]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @hypothesis.settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        # The server remembers: what failed once cannot be made smaller by asking again.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases, caller=st.sampled_from(_CALLERS), data=st.data())
    def ask(case: schemathesis.Case, caller: str | None, data: st.DataObject) -> None:
        ground.put_into(case, lambda among: data.draw(st.sampled_from(among)))
        headers = _token(stack, caller)
        given = case.call(stack.description["api"], session, headers, allow_redirects=False, timeout=_PATIENCE_S)
        case.validate_response(given, _CHECKS, headers=headers)
        _is_told_as_what_it_is(case, given, caller)

    ask()


def _token(stack: Testbed, caller: str | None) -> dict[str, str]:
    if caller is None:
        return {}
    token = stack.machine_token() if caller == "machine" else stack.token(caller)
    return {"Authorization": f"Bearer {token}"}


def _is_told_as_what_it_is(case: schemathesis.Case, given: schemathesis.Response, caller: str | None) -> None:
    """What the checks leave open: a success is described as such, and so is each error under its status."""
    where = (_id(case.operation), given.status_code, given.content)
    responses = case.operation.responses
    if given.status_code < 400:
        assert str(given.status_code) in responses.status_codes, where
    elif given.status_code == 401 and caller is None and case.operation.definition.raw.get("security") != []:
        # API Gateway, which asks for a token before anything of ours is asked.
        assert given.json() == {"message": "Unauthorized"}, where
    elif given.headers["content-type"] == ["application/problem+json"]:
        told = given.json()
        assert told["status"] == given.status_code, where
        if str(given.status_code) in responses.status_codes:
            described = responses.find_by_status_code(given.status_code).definition["description"]
            assert f"`{told['error']['id']}`" in described, where
