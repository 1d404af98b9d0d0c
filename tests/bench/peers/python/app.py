"""Takes LINE webhooks: checks the signature over the raw body and queues every event, in order per user."""

import base64
import json
import os

import boto3
from linebot.v3.webhook import SignatureValidator

# SQS: at most ten entries in a batch.
MAX_ENTRIES = 10

validator = SignatureValidator(os.environ["LINE_CHANNEL_SECRET"])
queue_url = os.environ["QUEUE_URL"]
sqs = boto3.client("sqs")


def lambda_handler(request, context):
    body = request.get("body") or ""
    if request.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8")
    signature = request["headers"].get("x-line-signature")
    if not signature or not validator.validate(body, signature):
        return {"statusCode": 401, "body": "the signature is missing or wrong"}

    webhook = json.loads(body)
    messages = [to_message(webhook["destination"], event) for event in webhook["events"]]
    for start in range(0, len(messages), MAX_ENTRIES):
        batch = messages[start : start + MAX_ENTRIES]
        entries = [{"Id": str(number), **message} for number, message in enumerate(batch)]
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if answer.get("Failed"):
            return {"statusCode": 503, "body": "not stored; send it again"}
    return {"statusCode": 200, "body": "ok"}


def to_message(channel, event):
    source = event.get("source") or {}
    party = source.get("groupId") or source.get("roomId") or source.get("userId")
    return {
        "MessageBody": json.dumps({"channel": channel, "event": event}, ensure_ascii=False),
        "MessageGroupId": f"{channel}:{party}" if party else channel,
        "MessageDeduplicationId": event["webhookEventId"],
    }
