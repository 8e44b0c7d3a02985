/* SUBSCRIBE and NOTIFY (RFC 6665): what the cases on event packages share. */
import type { CaseContext, ConformanceCase } from '../case.js';
import { dialogOfCallee, type Dialog } from '../dialog.js';
import { check, equal, ExpectationFailed, fail, NothingCame, precondition } from '../expectation.js';
import type { SipMessage, SipPeer, User } from '../raw-sip.js';
import { parameter, statusOf } from '../sip-text.js';
import type { Values } from '../template.js';
import { credentials, withCredentials } from './im-1/requests.js';
import { withinDialog } from './templates.js';

/** `{resource}` is the Request-URI and To, `{event}` what is subscribed to. */
export const subscribe = `
  SUBSCRIBE {resource} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{resource}>
  Call-ID: {callId}
  CSeq: {cseq} SUBSCRIBE
  Contact: <{contact}>
  Event: {event}
  {fields}
  {authorization}
  Content-Length: 0
`;

/** The same in the dialog of a subscription; it is filled with a `Dialog`. */
export const subscribeAgain = subscribe
  .replace('SUBSCRIBE {resource}', 'SUBSCRIBE {target}').replace('  From: <{aor}>;tag={tag}\n', '  {routes}\n  From: {local}\n')
  .replace('To: <{resource}>', 'To: {remote}');

export interface WatcherChoice {
  readonly user: User;
  /** Whose state; the user's own by default. */
  readonly resource?: string;
  /** `reg` by default. */
  readonly event?: string;
  /** What every NOTIFY is answered; 200 by default, nothing when it is empty. */
  readonly answer?: string;
}

/** What an accepted SUBSCRIBE brought. */
export interface Subscribed {
  readonly response: SipMessage;
  readonly notify: SipMessage;
}

/** Those of a running case. */
const watchers = new WeakMap<CaseContext, Watcher[]>();

/** A watcher at a peer of its own. */
export async function watcher(context: CaseContext, choice: WatcherChoice): Promise<Watcher> {
  const made = new Watcher(context, await context.sip({ user: choice.user }), choice);
  watchers.set(context, [...watchers.get(context) ?? [], made]);
  return made;
}

/** The case, with its subscriptions ended after it: a target may allow a user only so many. */
export function endingSubscriptions(testCase: ConformanceCase): ConformanceCase {
  const run = async (context: CaseContext): Promise<void> => {
    try {
      await testCase.run(context);
    } finally {
      await Promise.all((watchers.get(context) ?? []).map((one) => one.end()));
    }
  };
  return { ...testCase, run };
}

/** Subscribes, sees the responses and NOTIFYs in whatever order they come (RFC 6665 §4.1.2.4), and answers the NOTIFYs. */
export class Watcher {
  readonly peer: SipPeer;
  readonly #timeout: number;
  readonly #user: User;
  readonly #unanswered: SipMessage[] = [];
  #answer: string;
  readonly #values: Values;
  /** NOTIFYs that came and were not looked at. */
  readonly #kept: SipMessage[] = [];
  #dialog: Dialog | undefined;
  #isLive = false;

  constructor({ timeout }: CaseContext, peer: SipPeer, { user, resource = user.aor, event = 'reg', answer = '200 OK' }: WatcherChoice) {
    this.#timeout = timeout;
    this.peer = peer;
    this.#user = user;
    this.#answer = answer;
    this.#values = { resource, event };
  }

  /** What requests in the dialog of the last NOTIFY are filled with. */
  get dialog(): Dialog {
    return this.#dialog ?? fail('there was no NOTIFY yet');
  }

  /** A first SUBSCRIBE with these header lines and its final response; one challenge is answered. */
  first(...lines: readonly string[]): Promise<SipMessage> {
    this.peer.newCall();
    return this.ask(subscribe, { fields: lines.join('\r\n') });
  }

  /** Such a SUBSCRIBE in the dialog. */
  again(...lines: readonly string[]): Promise<SipMessage> {
    return this.ask(subscribeAgain, { ...this.dialog, fields: lines.join('\r\n') });
  }

  /** A first SUBSCRIBE that must be accepted, and the NOTIFY that must come with it. */
  async subscribed(...lines: readonly string[]): Promise<Subscribed> {
    return this.#accepted(await this.first(...lines));
  }

  /** Such a SUBSCRIBE in the dialog. */
  async refreshed(...lines: readonly string[]): Promise<Subscribed> {
    return this.#accepted(await this.again(...lines));
  }

  async #accepted(response: SipMessage): Promise<Subscribed> {
    const { status = 0 } = response;
    check(status >= 200 && status < 300, `the status of the SUBSCRIBE is ${status}, expected 200`);
    return { response, notify: await this.notified() };
  }

  /** Sends a SUBSCRIBE written as a template and gives its final response; one challenge is answered. */
  async ask(template: string, values: Values = {}): Promise<SipMessage> {
    const filled = { ...this.#values, ...values };
    const { sent, response } = await this.#transaction(template, filled);
    if ((response.status !== 401 && response.status !== 407) || !template.includes('{authorization}')) return response;
    const [method = '', uri = ''] = sent.split(' ', 2);
    const answer = credentials(response, { method, uri, user: this.#user });
    return (await this.#transaction(withCredentials(template), { ...filled, credentials: answer })).response;
  }

  /** Over UDP the request is sent again until something answers (RFC 3261 §17.1.2.2). */
  async #transaction(template: string, values: Values): Promise<{ readonly sent: string; readonly response: SipMessage }> {
    const sent = this.peer.send(template, values);
    const branch = branchOf(sent);
    const deadline = performance.now() + this.#timeout;
    for (let interval = sent.includes('SIP/2.0/UDP ') ? 500 : Infinity; ;) {
      const left = deadline - performance.now();
      const message = await this.#next(Math.min(interval, left));
      if (message?.startLine.startsWith('NOTIFY ') === true) this.#kept.push(message);
      else if (message === undefined && left > interval) {
        this.peer.sendOctets(sent);
        interval *= 2;
      } else if (message === undefined) throw new NothingCame('nothing came in time; expected a response to the SUBSCRIBE');
      else if (branchOf(message.text) !== branch) fail(`got "${message.startLine}" instead of a response to the SUBSCRIBE`);
      else if ((statusOf(message.text) ?? 0) >= 200) return { sent, response: message };
    }
  }

  /** The NOTIFY of a change, which the target may hold back. */
  changed(): Promise<SipMessage> {
    return this.notified(this.#timeout + longestPause);
  }

  /** The next NOTIFY. */
  async notified(within = this.#timeout): Promise<SipMessage> {
    const message = this.#kept.shift() ?? await this.#next(within);
    if (message === undefined) throw new NothingCame('no NOTIFY came in time');
    if (!message.startLine.startsWith('NOTIFY ')) fail(`got "${message.startLine}", expected a NOTIFY`);
    return message;
  }

  /** Fails when a NOTIFY comes within this time. */
  async nothingMore(within: number, after: string): Promise<void> {
    const message = this.#kept.shift() ?? await this.#next(within);
    if (message !== undefined) fail(`got "${message.startLine}" after ${after}, expected nothing`);
  }

  /** Unsubscribes and leaves no NOTIFY unanswered. Whether that works is not what the case is about. */
  async end(): Promise<void> {
    this.#answer = '200 OK';
    for (const notify of this.#unanswered) this.peer.respond(notify, withinDialog(this.#answer));
    try {
      if (!this.#isLive || (await this.again('Expires: 0')).status !== 200) return;
      const deadline = performance.now() + this.#timeout / 5;
      while (this.#isLive && performance.now() < deadline) await this.#next(deadline - performance.now());
    } catch (error) {
      if (!(error instanceof ExpectationFailed)) throw error;
    }
  }

  /** Whatever comes next, or undefined. A NOTIFY is answered, and is where the dialog is taken from (RFC 6665 §4.4.1). */
  async #next(within: number): Promise<SipMessage | undefined> {
    try {
      const message = await this.peer.expect('', { within });
      if (message.startLine.startsWith('NOTIFY ')) {
        if (this.#answer === '') this.#unanswered.push(message);
        else this.peer.respond(message, withinDialog(this.#answer));
        this.#dialog = dialogOfCallee(message, message.header('To') ?? '');
        this.#isLive = !/^terminated\b/i.test(message.header('Subscription-State') ?? '');
      }
      return message;
    } catch (error) {
      if (error instanceof NothingCame) return undefined;
      throw error;
    }
  }
}

/** A notifier may hold a change back (RFC 6665 §5.4.10); for `reg` five seconds are recommended (RFC 3680 §4.10). Milliseconds. */
const longestPause = 6000;

const branchOf = (text: string): string | undefined => /\r\n(?:Via|v)[ \t]*:[^\r]*?;\s*branch\s*=\s*([^;,\s]+)/i.exec(text)?.[1];

/** A subscription that other steps build on. */
export function subscription(of: Watcher, ...lines: readonly string[]): Promise<Subscribed> {
  return precondition('a subscription is accepted and notified', () => of.subscribed(...lines));
}

/** A Subscription-State, read. */
export interface SubscriptionState {
  readonly value: string;
  readonly reason: string | undefined;
  /** Seconds; NaN where it has none. */
  readonly expires: number;
}

export function stateOf(notify: SipMessage): SubscriptionState {
  const text = notify.header('Subscription-State') ?? fail('a NOTIFY has no Subscription-State');
  const value = text.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return { value, reason: parameter(text, 'reason')?.toLowerCase(), expires: seconds(parameter(text, 'expires')) };
}

/** Delta-seconds (RFC 3261 §25.1), or NaN. */
export function seconds(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : NaN;
}

/** The event type and the id of an Event header field, which is all that is compared (RFC 6665 §8.2.1). */
export function eventOf(notify: SipMessage): string {
  const text = notify.header('Event') ?? fail('a NOTIFY has no Event');
  const id = parameter(text, 'id');
  return `${text.split(';', 1)[0]?.trim()}${id === undefined ? '' : `;id=${id}`}`;
}

/** Fails unless the status is an error, and one of these where there are any. */
export function isRefusedWith({ status = 0 }: SipMessage, what: string, ...expected: readonly number[]): void {
  check(status >= 400 && status < 700, `${what} is answered ${status}, expected an error`);
  if (expected.length > 0) check(expected.includes(status), `${what} is answered ${status}, expected ${expected.join(' or ')}`);
}

/** The tag of a From or To. */
export const tagOf = (message: SipMessage, name: 'From' | 'To'): string | undefined => parameter(message.header(name), 'tag');

/** The media type of a body, without parameters. */
export function mediaTypeOf(message: SipMessage): string | undefined {
  return message.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase();
}

/** A body must be there, and of this type. */
export function hasBody(message: SipMessage, type: string): void {
  check(message.body !== '', 'the NOTIFY has no body');
  equal('the Content-Type of the NOTIFY', mediaTypeOf(message), type);
}
