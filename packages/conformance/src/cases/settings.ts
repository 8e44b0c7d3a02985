/* Service settings (docs/profile.md, "Service settings") and PUBLISH (RFC 3903): what the cases on them share. */
import type { CaseContext, ConformanceCase } from '../case.js';
import { equal, ExpectationFailed, precondition } from '../expectation.js';
import type { SipMessage, SipPeer, User } from '../raw-sip.js';
import { fields } from './templates.js';

export const settingsType = 'application/vnd.simple-im.settings+xml';

/** `{resource}` is whose state it is; `{event}`, `{type}` and `{body}` are the case's. */
export const publish = `
  PUBLISH {resource} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{resource}>
  Call-ID: {callId}
  CSeq: {cseq} PUBLISH
  Event: {event}
  {fields}
  {authorization}
  Content-Type: {type}
  Content-Length: {length}

  {body}
`;

/** A publication of nothing, which refreshes what was published, or removes it (RFC 3903 §4.3, §4.5). */
export const publishNothing = publish.replace(/  Content-Type[^]*/, '  Content-Length: 0\n');

/** What a device wants, as it says itself. */
export function settings(...wanted: readonly string[]): string {
  return `<im-settings xmlns="urn:simple-im:settings"><entity id="urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6">${wanted.join('')}</entity></im-settings>`;
}

export const barring = settings('<incoming-barring active="true"/>');
export const noBarring = settings('<incoming-barring active="false"/>');
export const holding = settings('<deferral mode="hold"/>');

/** Those of a running case. */
const publishers = new WeakMap<CaseContext, Publisher[]>();

/** A device that publishes. */
export async function publisher(context: CaseContext, user: User): Promise<Publisher> {
  const made = new Publisher(await context.sip({ user }), user);
  publishers.set(context, [...publishers.get(context) ?? [], made]);
  return made;
}

/** The case, with what was published in it removed after it: it holds for the user, not for the case. */
export function endingPublications(testCase: ConformanceCase): ConformanceCase {
  const run = async (context: CaseContext): Promise<void> => {
    try {
      await testCase.run(context);
    } finally {
      await Promise.all((publishers.get(context) ?? []).map((one) => one.end()));
    }
  };
  return { ...testCase, run };
}

export class Publisher {
  readonly peer: SipPeer;
  readonly #user: User;
  /** Of what is published now. */
  #tag: string | undefined;

  constructor(peer: SipPeer, user: User) {
    this.peer = peer;
    this.#user = user;
  }

  /** A PUBLISH written as a template and its final response; a challenge is answered. */
  async ask(template: string, values: Record<string, string> = {}): Promise<SipMessage> {
    this.peer.newCall();
    const usual = { resource: this.#user.aor, event: 'im-settings', type: settingsType, body: barring, fields: '' };
    const response = await this.peer.request(template, { ...usual, ...values });
    const tag = response.header('SIP-ETag');
    if (response.status === 200 && tag !== undefined) this.#tag = tag;
    return response;
  }

  /** A first publication of a document. */
  published(body: string, ...lines: readonly string[]): Promise<SipMessage> {
    return this.ask(publish, { body, ...fields('Expires: 600', ...lines) });
  }

  /** Other settings in the place of those before (RFC 3903 §4.4). */
  changed(body: string): Promise<SipMessage> {
    return this.published(body, `SIP-If-Match: ${this.#tag ?? ''}`);
  }

  refreshed(): Promise<SipMessage> {
    return this.ask(publishNothing, fields('Expires: 600', `SIP-If-Match: ${this.#tag ?? ''}`));
  }

  removed(): Promise<SipMessage> {
    return this.ask(publishNothing, fields('Expires: 0', `SIP-If-Match: ${this.#tag ?? ''}`));
  }

  /** Whether that works is not what the case is about. */
  async end(): Promise<void> {
    if (this.#tag === undefined) return;
    try {
      await this.removed();
    } catch (error) {
      if (!(error instanceof ExpectationFailed)) throw error;
    }
  }
}

/** Settings that other steps build on. */
export function wants(device: Publisher, body: string): Promise<SipMessage> {
  return precondition('settings are published', async () => {
    const response = await device.published(body);
    equal('the status', response.status, 200);
    return response;
  });
}
