import { copied, aorOf } from '@simple-im/grammar';
import type { UaRequest } from '@simple-im/sip';
import { Agenda } from './agenda.js';
import type { Dated } from './agenda.js';
import { Alarm } from '@simple-im/transport';
import { DEFAULT_COMPOSITOR_LIMITS } from './compositor-options.js';
import type { CompositorLimits, CompositorOptions, PublishablePackage } from './compositor-options.js';
import { isEntityTag, parseEvent } from './event-header.js';
import { compositorTable } from './publication-table.js';
import type { CompositorAction, CompositorInput } from './publication-table.js';
import { MemoryPublicationStore } from './publication-store.js';
import type { Publication, PublicationStore } from './publication-store.js';

interface Expiry extends Dated {
  readonly event: string;
  readonly resource: string;
  readonly tag: string;
}

/** What a PUBLISH says, apart from its body. */
interface Facts {
  readonly event: string;
  readonly resource: string;
  readonly publisher: string;
  readonly source: string;
  /** Seconds granted. */
  readonly seconds: number;
}

/** The event state compositor (RFC 3903 §6): takes PUBLISH with a user agent, keeps each publication for its time. */
export class EventStateCompositor {
  readonly #options: CompositorOptions;
  readonly #limits: CompositorLimits;
  readonly #store: PublicationStore;
  readonly #packages = new Map<string, PublishablePackage>();
  /** §6: PUBLISHes of a resource in the order they came, each wholly. */
  readonly #lines = new Map<string, { last: Promise<void>; waiting: number }>();
  readonly #agenda = new Agenda<Expiry>();
  readonly #expiries = new Map<string, Expiry>();
  readonly #alarm: Alarm;

  constructor(options: CompositorOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_COMPOSITOR_LIMITS, ...options.limits };
    this.#store = options.store ?? new MemoryPublicationStore();
    for (const one of options.packages) this.#packages.set(one.name, one);
    this.#alarm = new Alarm(options.agent.endpoint.clock, () => this.#wake());
    options.agent.handle('PUBLISH', (incoming) => this.#receive(incoming));
  }

  /** Publications whose time runs. */
  get size(): number {
    return this.#expiries.size;
  }

  /** What is published for a resource, the oldest first. */
  async publications(event: string, resource: string): Promise<readonly Publication[]> {
    const now = this.#date;
    return (await this.#store.list(event, resource)).filter(({ expires }) => expires > now);
  }

  /** Takes up what the store holds of a compositor before this one. */
  async load(): Promise<void> {
    for await (const publication of this.#store.all()) this.#schedule(undefined, publication);
  }

  /** Stops the timers; the store is as it was. */
  close(): void {
    this.#alarm.cancel();
  }

  async #receive(incoming: UaRequest): Promise<void> {
    const { request } = incoming;
    const resource = copied(this.#options.resource === undefined ? aorOf(request.parsedUri) : this.#options.resource(request));
    const field = request.headers.get('Event');
    const eventPackage = field === undefined ? undefined : this.#packages.get(parseEvent(field).package);
    if (resource === undefined) incoming.respond(404);
    else if (eventPackage === undefined) incoming.respond(489, { headers: [['Allow-Events', [...this.#packages.keys()].join(', ')]] });
    else {
      const queued = this.#inLine(`${eventPackage.name} ${resource}`, () => this.#publish(incoming, eventPackage, resource));
      if (queued === undefined) incoming.respond(503, { headers: [['Retry-After', '1']] });
      await queued;
    }
  }

  /** Runs `work` after what was given before under the same key; undefined when too much waits. */
  #inLine(key: string, work: () => Promise<void>): Promise<void> | undefined {
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (line.waiting >= this.#limits.maxWaiting) return undefined;
    this.#lines.set(key, line);
    line.waiting += 1;
    const done = line.last.then(work).finally(() => {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(key);
    });
    line.last = done.catch(() => undefined); // told to whoever gave it
    return done;
  }

  async #publish(incoming: UaRequest, eventPackage: PublishablePackage, resource: string): Promise<void> {
    const { request } = incoming;
    const { name: event } = eventPackage;
    const publisher = copied(request.from?.uriText ?? '');
    const verdict = (await this.#options.policy?.({ package: event, resource, publisher, request })) ?? 'allowed';
    if (verdict !== 'allowed') {
      incoming.respond(verdict.status, { headers: verdict.headers });
      return;
    }
    const condition = request.headers.list('SIP-If-Match');
    const asked = request.expires ?? eventPackage.defaultExpires ?? 3600;
    const body = request.body.length > 0;
    if (request.headers.has('SIP-If-Match') && (condition.length !== 1 || !isEntityTag(condition[0] as string))) {
      incoming.respond(400, { reason: 'SIP-If-Match Is Not One Entity Tag' });
      return;
    }
    const input: CompositorInput = condition.length === 0 ? 'initial' : asked === 0 ? 'remove' : body ? 'modify' : 'refresh';
    const all = await this.publications(event, resource);
    const source = copied(`${publisher} ${request.callId ?? ''}`);
    const known = all.find((one) => (input === 'initial' ? one.source === source : one.tag === condition[0]));
    const row = compositorTable.states[known === undefined ? 'absent' : 'stored']?.[input];
    if (row === undefined) return;
    // The steps of §6 in their order: what the tag says (3) comes before the time (4) and the body (5).
    if (row.actions.includes('answer 412')) incoming.respond(412);
    else if (this.#admits(incoming, eventPackage, input, asked, all.length, known)) {
      const seconds = Math.min(asked, this.#limits.maxExpires);
      await this.#carryOut(row.actions, incoming, { event, resource, publisher, source, seconds }, known);
    }
  }

  async #carryOut(actions: readonly CompositorAction[], incoming: UaRequest, facts: Facts, known: Publication | undefined): Promise<void> {
    const { event, resource, publisher, source, seconds } = facts;
    const { request } = incoming;
    const { random } = this.#options.agent.endpoint;
    let tag = '';
    for (const octet of random.bytes(12)) tag += octet.toString(16).padStart(2, '0');
    const extend = actions.includes('extend') && known !== undefined;
    const contentType = extend ? known.contentType : copied(request.headers.get('Content-Type') ?? '');
    const body = extend ? known.body : request.body.slice();
    // §6 step 5: with a time of 0 nothing is kept.
    const kept = seconds > 0 && !actions.includes('delete');
    const expires = this.#date + seconds * 1000;
    const next: Publication | undefined = kept ? { event, resource, tag, publisher, source, contentType, body, expires } : undefined;
    if ((known !== undefined || kept) && !(await this.#store.replace(event, resource, known?.tag, next))) {
      // Another node was faster.
      incoming.respond(412);
      return;
    }
    this.#schedule(known, next);
    incoming.respond(200, { headers: [['Expires', String(seconds)], ['SIP-ETag', tag]] });
    if (actions.includes('tell')) this.#options.onChange?.(event, resource);
  }

  #admits(
    incoming: UaRequest, eventPackage: PublishablePackage, input: CompositorInput, asked: number, count: number,
    known: Publication | undefined,
  ): boolean {
    const { request } = incoming;
    const { minExpires, maxBody, maxPerResource, maxPublications } = this.#limits;
    const type = request.contentType?.type;
    const { contentTypes } = eventPackage;
    const understood = request.body.length === 0 || (type !== undefined && contentTypes.includes(type));
    if (asked > 0 && asked < minExpires) incoming.respond(423, { headers: [['Min-Expires', String(minExpires)]] });
    else if (input === 'initial' && request.body.length === 0) incoming.respond(400, { reason: 'No Event State' });
    else if (request.body.length > maxBody) incoming.respond(413);
    else if (!understood) incoming.respond(415, { headers: [['Accept', contentTypes.join(', ')]] });
    else if (known === undefined && this.size >= maxPublications) incoming.respond(503, { headers: [['Retry-After', '60']] });
    else if (known === undefined && count >= maxPerResource) incoming.respond(403, { reason: 'Too Many Publications' });
    else return true;
    return false;
  }

  #schedule(before: Publication | undefined, after: Publication | undefined): void {
    const entry = before === undefined ? undefined : this.#expiries.get(before.tag);
    if (entry !== undefined && before !== undefined) {
      this.#expiries.delete(before.tag);
      this.#agenda.set(entry, undefined);
    }
    if (after === undefined) return;
    const { event, resource, tag, expires } = after;
    const { clock } = this.#options.agent.endpoint;
    const expiry: Expiry = { event, resource, tag, due: 0, place: -1 };
    this.#expiries.set(tag, expiry);
    this.#agenda.set(expiry, clock.now() + expires - this.#date);
    this.#alarm.set(this.#agenda.deadline());
  }

  #wake(): void {
    const { endpoint } = this.#options.agent;
    const now = endpoint.clock.now();
    for (let due = this.#agenda.take(now); due !== undefined; due = this.#agenda.take(now)) {
      const { event, resource, tag } = due;
      this.#expiries.delete(tag);
      const expired = (): Promise<void> => this.#expire(event, resource, tag);
      (this.#inLine(`${event} ${resource}`, expired) ?? expired()).catch((error: unknown) => endpoint.report(error as Error));
    }
    this.#alarm.set(this.#agenda.deadline());
  }

  async #expire(event: string, resource: string, tag: string): Promise<void> {
    const row = compositorTable.states.stored?.expiry;
    const gone = await this.#store.replace(event, resource, tag, undefined);
    if (gone && row?.actions.includes('tell') === true) this.#options.onChange?.(event, resource);
  }

  get #date(): number {
    return this.#options.agent.endpoint.clock.date().getTime();
  }
}
