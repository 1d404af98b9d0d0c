"""Runs the emulator with eight corrections, where it differs from AWS in what the stack relies on, and two more logs.

Each correction names what it mends. They reach into the emulator, whose version is pinned: one that no longer fits
ends the start with an `AttributeError` instead of being skipped.
"""

from __future__ import annotations

import functools
import json
import os
import socketserver
from contextvars import ContextVar

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import cognito, lambda_svc, ses_v2

# Functions print before they answer; what they have printed is read within a millisecond or two.
_LINE_PATIENCE_S = 0.01


def authorize_batch_calls_as_their_single_calls() -> None:
    """SQS has no permission for `SendMessageBatch` and its kin: AWS checks the one of the single call."""
    extract = iam_actions.extract_iam_action

    @functools.wraps(extract)
    def corrected(service, *request):
        action = extract(service, *request)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = corrected


def authorize_mail_on_the_identity_that_sends_it() -> None:
    """SES checks `SendEmail` on the identity that it is sent from; the emulator asks for it on everything."""
    resource = iam_actions._ses_v2_resource_arn

    @functools.wraps(resource)
    def corrected(method, path, body, region, account):
        if method == "POST" and path.rstrip("/") == "/v2/email/outbound-emails":
            sender = json.loads(body or b"{}").get("FromEmailAddress", "")
            identity = sender if ses_v2._identities.get(sender) else sender.rpartition("@")[2]
            return f"arn:aws:ses:{region}:{account}:identity/{identity}"
        return resource(method, path, body, region, account)

    iam_actions._ses_v2_resource_arn = corrected


def run_fifo_batches_side_by_side() -> None:
    """A FIFO mapping runs one batch at a time, so that a slow provider call would hold up every other conversation.

    That is needless: a message in flight already keeps back the rest of its group.
    """
    concurrency = lambda_svc._sqs_esm_concurrency

    @functools.wraps(concurrency)
    def corrected(esm, func_rec, config, queue=None):
        return concurrency(esm, func_rec, config, None)

    lambda_svc._sqs_esm_concurrency = corrected


def repeat_stream_batches_with_failures() -> None:
    """A stream mapping overlooks `batchItemFailures` and would skip the failed records: repeat the batch instead."""
    execute = lambda_svc._execute_function

    @functools.wraps(execute)
    def corrected(func, event):
        result = execute(func, event)
        records = event.get("Records") if isinstance(event, dict) else None
        if records and isinstance(records[0], dict) and records[0].get("eventSource") == "aws:dynamodb":
            answer = result.get("body")
            if isinstance(answer, dict) and answer.get("batchItemFailures"):
                return result | {"error": True, "function_error": "Unhandled"}
        return result

    lambda_svc._execute_function = corrected


def read_streams_from_their_beginning_after_a_restart() -> None:
    """The position in a table's stream is saved and its records are not: as many new ones as there were would be skipped."""
    restore = lambda_svc._restore_esm_positions

    @functools.wraps(restore)
    def corrected(store, positions):
        if store is not lambda_svc._dynamodb_stream_positions:
            restore(store, positions)

    lambda_svc._restore_esm_positions = corrected


def renew_tokens_with_their_groups() -> None:
    """Cognito writes the groups into every ID token; the emulator forgets them when it renews one."""
    mint = cognito._fake_token

    @functools.wraps(mint)
    def corrected(sub, pool_id, client_id, token_type="access", username="", user_attrs=None, groups=None, **named):
        if not groups and username and token_type in ("access", "id"):
            user = (cognito._get_pool_unscoped(pool_id) or {}).get("_users", {}).get(username, {})
            groups = user.get("_groups", [])
        return mint(sub, pool_id, client_id, token_type, username=username, user_attrs=user_attrs, groups=groups, **named)

    cognito._fake_token = corrected


def hand_events_over_at_once() -> None:
    """An event's head and body are two packets, and the second waits 40 ms for the acknowledgement of the first (Nagle)."""
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def answer_without_waiting_for_lines_that_do_not_come() -> None:
    """A call that prints nothing would be answered 50 ms late. A line that comes later is found with the next call."""
    drain = lambda_runtime.ProvidedWorker._drain_stderr_bounded
    lambda_runtime.ProvidedWorker._drain_stderr_bounded = functools.partialmethod(drain, first_line_wait=_LINE_PATIENCE_S)


def write_what_functions_print_to(path: str) -> None:
    """One file with the lines of all functions, each behind the name of its function: easier to follow than streams."""
    emit = lambda_svc._emit_lambda_logs
    file = open(path, "w", encoding="utf-8", buffering=1)  # noqa: SIM115, open as long as the emulator runs

    @functools.wraps(emit)
    def corrected(func, request_id, log_text, error, *rest, **named):
        name = (func.get("config") or func).get("FunctionName", "unknown")
        lines = [f"{name} {line}" for line in log_text.splitlines() if line.strip()]
        if error:
            lines.append(f"{name} the invocation {request_id} failed")
        file.write("".join(f"{line}\n" for line in lines))
        return emit(func, request_id, log_text, error, *rest, **named)

    lambda_svc._emit_lambda_logs = corrected


def write_what_functions_may_do_to(path: str) -> None:
    """One JSON line for each thing that a function asked AWS to do for the first time, allowed or denied."""
    evaluate, enforce = iam_evaluator.evaluate, iam_evaluator.enforce
    file = open(path, "w", encoding="utf-8", buffering=1)  # noqa: SIM115, open as long as the emulator runs
    caller: ContextVar[str] = ContextVar("caller", default="")
    seen = set()

    @functools.wraps(evaluate)
    def evaluated(request, *policies):
        caller.set(request.principal_arn)
        return evaluate(request, *policies)

    @functools.wraps(enforce)
    def enforced(access_key_id, action, service, region, resource_arn="*", service_context=None):
        # Set by the evaluation of a role's policies; it stays empty for the administrator, who has none.
        caller.set("")
        denial = enforce(access_key_id, action, service, region, resource_arn, service_context)
        asked = (caller.get().rpartition("/")[2], action, resource_arn, "deny" if denial else "allow")
        if asked[0] and asked not in seen:
            seen.add(asked)
            file.write(json.dumps(dict(zip(("function", "action", "resource", "decision"), asked, strict=True))) + "\n")
        return denial

    iam_evaluator.evaluate = evaluated
    iam_evaluator.enforce = enforced


if __name__ == "__main__":
    authorize_batch_calls_as_their_single_calls()
    authorize_mail_on_the_identity_that_sends_it()
    run_fifo_batches_side_by_side()
    repeat_stream_batches_with_failures()
    read_streams_from_their_beginning_after_a_restart()
    renew_tokens_with_their_groups()
    hand_events_over_at_once()
    answer_without_waiting_for_lines_that_do_not_come()
    write_what_functions_print_to(os.environ["MADOGUCHI_FUNCTION_LOG"])
    write_what_functions_may_do_to(os.environ["MADOGUCHI_AUTHORIZATION_LOG"])
    app.main()
