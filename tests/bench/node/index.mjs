// What the Lambda `trinks-webhook` does with a notification, in Node with the package `sns-validator`: for comparison only
// (docs/benchmarks.md). Verified, stored as it came, published, marked as published. It is the good path alone: no odd
// messages, no confirmations of a subscription, no repetitions half done. That is less than the Rust one does.

import http from 'node:http';
import https from 'node:https';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import MessageValidator from 'sns-validator';

const TABLE = process.env.PONTE_TABLE;
const TOPIC = process.env.PONTE_TRINKS_EVENTS_TOPIC_ARN;
const KNOWN_FOR_MS = Number(process.env.PONTE_STORE_CACHE_SECONDS) * 1000;
const HEARD_EVERY_MS = 60_000;
const KEPT_MS = 90 * 24 * 3_600_000;

// Region, credentials and endpoint come from the environment, connections are kept alive: the SDK's own defaults.
const table = new DynamoDBClient({});
const sns = new SNSClient({});
const validator = new MessageValidator();

// `sns-validator` fetches certificates from AWS by https.get and nothing of it can be set. Requests for SNS' exact host go to
// the sandbox, which made the certificate, by the same path; all else goes where it says. The package checks the URL's host
// before, and remembers the certificate after, as ever: so this costs one HTTP request for each start, as in the Rust one.
const SANDBOX = process.env.PONTE_SNS_SANDBOX_URL;
if (SANDBOX) {
  const get = https.get;
  https.get = (address, ...rest) => {
    const { host, pathname } = new URL(address);
    return host === 'sns.us-east-1.amazonaws.com' ? http.get(SANDBOX + pathname, ...rest) : get(address, ...rest);
  };
}

let known = { until: 0 };
let heardAt = 0;

/** Connections and salons, remembered. */
async function directory() {
  if (Date.now() < known.until) return known;
  const [connections, salons] = await Promise.all([all('CONNECTION#'), all('ESTABLISHMENT#')]);
  known = {
    until: Date.now() + KNOWN_FOR_MS,
    connections: new Map(connections.map((item) => [item.topic?.S, item.id.S])),
    salons: new Set(salons.map((item) => item.id.N)),
  };
  return known;
}

async function all(prefix) {
  const { Items } = await table.send(new QueryCommand({
    TableName: TABLE,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: 'TRINKS' }, ':prefix': { S: prefix } },
  }));
  return Items;
}

/** The message, if its signature holds. */
function verified(body) {
  return new Promise((resolve, reject) => {
    validator.validate(body, (error, message) => (error ? reject(error) : resolve(message)));
  });
}

async function receive(body) {
  let message;
  try {
    message = await verified(body);
  } catch (error) {
    return answer(403, { error: 'refused', message: error.message });
  }
  const { connections, salons } = await directory();
  const connection = connections.get(message.TopicArn);
  if (message.Type !== 'Notification' || !connection) {
    return answer(403, { error: 'refused', message: 'the topic is not one of ours' });
  }
  await store(message, connection, body, false);
  const event = JSON.parse(message.Message);
  if (!salons.has(String(event.IdDoEstabelecimento))) throw new Error('not the good path');
  await publish(message, connection, event);
  await store(message, connection, body, true);
  await noteHeard(connection);
  count('published');
  return answer(200, { status: 'published' });
}

function store(message, connection, body, published) {
  const now = Date.now();
  return table.send(new PutItemCommand({
    TableName: TABLE,
    Item: {
      pk: { S: `TRINKSMSG#${message.MessageId}` },
      sk: { S: 'MESSAGE' },
      message_id: { S: message.MessageId },
      connection: { S: connection },
      received_at: { N: String(now) },
      sent_at: { N: String(Date.parse(message.Timestamp)) },
      raw: { S: body },
      published: { BOOL: published },
      ttl: { N: String(Math.floor((now + KEPT_MS) / 1000)) },
    },
    ...(published ? {} : { ConditionExpression: 'attribute_not_exists(pk)' }),
  }));
}

function publish(message, connection, event) {
  return sns.send(new PublishCommand({
    TopicArn: TOPIC,
    Message: JSON.stringify({
      message_id: message.MessageId,
      connection,
      sent_at: message.Timestamp,
      message: message.Message,
    }),
    MessageAttributes: {
      TipoDeEvento: { DataType: 'String', StringValue: String(event.TipoDeEvento) },
      IdDoEstabelecimento: { DataType: 'String', StringValue: String(event.IdDoEstabelecimento) },
    },
  }));
}

async function noteHeard(connection) {
  if (Date.now() - heardAt < HEARD_EVERY_MS) return;
  heardAt = Date.now();
  await table.send(new PutItemCommand({
    TableName: TABLE,
    Item: { pk: { S: 'TRINKS' }, sk: { S: `HEARD#${connection}` }, at: { N: String(Math.floor(heardAt / 1000)) } },
  }));
}

/** A metric by Embedded Metric Format, as the Rust one writes it. */
function count(outcome) {
  const metrics = [{ Name: 'TrinksWebhook', Unit: 'Count' }];
  const about = { Namespace: 'ponte', Dimensions: [[], ['Outcome']], Metrics: metrics };
  console.log(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [about] }, Outcome: outcome, TrinksWebhook: 1 }));
}

function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), isBase64Encoded: false };
}

// The Lambda Runtime API: the next event, its answer, for ever.

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });

function runtime(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => { text += part; });
      response.on('end', () => resolve({ id: response.headers['lambda-runtime-aws-request-id'], text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

for (;;) {
  const { id, text } = await runtime('GET', 'next');
  try {
    await runtime('POST', `${id}/response`, JSON.stringify(await receive(JSON.parse(text).body)));
  } catch (error) {
    console.error(error);
    await runtime('POST', `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
