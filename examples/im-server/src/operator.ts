/*
 * What an operator asks over HTTP, with the token of --operator-token.
 */
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ProtocolError } from '@simple-im/grammar';
import { ConfigError, oneLine } from './config-error.js';
import type { HttpAnswer, HttpRequest } from './observe/http.js';
import type { SystemMessages } from './system-messages/system-messages.js';

/** Characters of a token. */
const SHORTEST = 16;

/** Throws ConfigError, with nothing of what the file holds. */
export function readOperatorToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`--operator-token ${path}: ${oneLine((error as Error).message)}`, { cause: error });
  }
  if (/^[!-~]+$/.test(token) && token.length >= SHORTEST) return token;
  throw new ConfigError(`--operator-token ${path}: expected one line of ${SHORTEST} visible characters or more, as openssl rand -hex 32 makes it`);
}

/** `POST /operator/system-messages` sends one, `GET` shows the latest audit entries. */
export async function answerOperator(request: HttpRequest, token: string, messages: SystemMessages): Promise<HttpAnswer> {
  if (!isToken(request.authorization, token)) return { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="operator"' } };
  if (request.method === 'POST') return send(request.body, messages);
  if (request.method === 'GET') return json(200, await messages.audit());
  return { status: 405, headers: { Allow: 'GET, POST' } };
}

async function send(body: unknown, messages: SystemMessages): Promise<HttpAnswer> {
  const { to, text, operator = 'operator', expires } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const isAsked = (to === 'all' || isList(to) || typeof to === 'string') && typeof text === 'string' && typeof operator === 'string';
  if (!isAsked || (expires !== undefined && typeof expires !== 'number')) {
    return json(400, { error: 'expected {"to":"all" or an address or a list of them,"text":"...","operator":"who asks","expires":seconds}' });
  }
  try {
    const recipients = to === 'all' || isList(to) ? to : [to];
    return json(200, await messages.send({ to: recipients, text, operator: operator.slice(0, 100), ...(expires === undefined ? {} : { expires }) }));
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return json(error.status ?? 500, { error: error.message });
  }
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [scheme = '', given = ''] = (authorization ?? '').split(' ');
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return scheme.toLowerCase() === 'bearer' && one.length === other.length && timingSafeEqual(one, other);
}

function json(status: number, value: unknown): HttpAnswer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: `${JSON.stringify(value)}\n` };
}
