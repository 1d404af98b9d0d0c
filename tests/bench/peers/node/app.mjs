// Takes LINE webhooks: checks the signature over the raw body and queues every event, in order per user.

import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { validateSignature } from "@line/bot-sdk";

// SQS: at most ten entries in a batch.
const MAX_ENTRIES = 10;

const channelSecret = process.env.LINE_CHANNEL_SECRET;
const queueUrl = process.env.QUEUE_URL;
const sqs = new SQSClient({});

export const handler = async (request) => {
  const body = Buffer.from(request.body ?? "", request.isBase64Encoded ? "base64" : "utf8");
  const signature = request.headers["x-line-signature"];
  if (!signature || !validateSignature(body, channelSecret, signature)) {
    return { statusCode: 401, body: "the signature is missing or wrong" };
  }

  const { destination, events } = JSON.parse(body.toString("utf8"));
  const messages = events.map((event) => toMessage(destination, event));
  for (let start = 0; start < messages.length; start += MAX_ENTRIES) {
    const batch = messages.slice(start, start + MAX_ENTRIES);
    const Entries = batch.map((message, number) => ({ Id: String(number), ...message }));
    const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (answer.Failed?.length) {
      return { statusCode: 503, body: "not stored; send it again" };
    }
  }
  return { statusCode: 200, body: "ok" };
};

const toMessage = (channel, event) => {
  const party = event.source?.groupId ?? event.source?.roomId ?? event.source?.userId;
  return {
    MessageBody: JSON.stringify({ channel, event }),
    MessageGroupId: party ? `${channel}:${party}` : channel,
    MessageDeduplicationId: event.webhookEventId,
  };
};
