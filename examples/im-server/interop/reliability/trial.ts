/*
 * One trial: senders that send without pause, recipients who come and go, and a server that is killed again and again. What was
 * acknowledged has to arrive, in order, and be shown once.
 */
import { Chance } from './chance.js';
import type { Disk } from './disk.js';
import { Ledger, type Counts } from './ledger.js';
import { Person, type LaneOptions } from './person.js';
import { Progress } from './progress.js';
import type { Servers } from './servers.js';

export interface TrialOptions {
  readonly servers: Servers;
  readonly kills: number;
  readonly seed: number;
  /** Milliseconds in which, at the end, everything has to arrive. */
  readonly patience: number;
  /** Full at times. */
  readonly disk?: Disk;
}

export interface Outcome extends Counts {
  readonly kills: number;
  /** How often somebody was off the network. */
  readonly absences: number;
  readonly recoveries: readonly number[];
  readonly refusals: ReadonlyMap<string, number>;
  /** Stored, with nowhere to store it. */
  readonly falseYes: number;
  /** What is wrong, in words. */
  readonly details: readonly string[];
}

/** Octets that the server does not touch to store messages. */
const LITTLE = 4 * 1024 * 1024;

const RECIPIENTS = [{ name: 'rita', transport: 'udp' }, { name: 'rob', transport: 'tcp' }, { name: 'ron', transport: 'tcp' }] as const;
const SHORT = (): number => 60;
/** Each sender and how it sends. */
const SENDERS = [
  { name: 'uma', transport: 'udp', to: ['rita'], mode: 'pager', notify: false, size: SHORT },
  { name: 'ulf', transport: 'udp', to: ['rob', 'ron'], mode: 'pager', notify: true, size: SHORT },
  { name: 'tess', transport: 'tcp', to: ['rob'], mode: 'pager', notify: false, size: SHORT },
  { name: 'tom', transport: 'tcp', to: ['rita', 'ron'], mode: 'pager', notify: true, size: SHORT },
  { name: 'lara', transport: 'tcp', to: ['rita', 'rob'], mode: 'large', notify: true, size: (chance: Chance) => chance.magnitude(500, 100_000) },
  { name: 'max', transport: 'tcp', to: ['ron'], mode: 'auto', notify: true, size: (chance: Chance) => chance.of([60, 60, 60, 3000]) },
] as const;

export const PEOPLE = [...RECIPIENTS, ...SENDERS].map(({ name }) => name);

export class Trial {
  readonly #options: TrialOptions;
  readonly #chance: Chance;
  readonly #ledger = new Ledger();
  readonly #wire = new Progress();
  readonly #recipients: readonly Person[];
  readonly #senders: readonly { readonly person: Person; readonly lanes: readonly LaneOptions[] }[];
  #absences = 0;
  #falseYes = 0;
  #over = false;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    const common = { port: options.servers.port, ledger: this.#ledger, wire: this.#wire };
    this.#recipients = RECIPIENTS.map((who) => new Person({ ...who, ...common }));
    this.#senders = SENDERS.map(({ name, transport, to, mode, notify, size }) => ({
      person: new Person({ name, transport, ...common }),
      lanes: to.map((recipient) => ({ to: recipient, mode, notify, size: () => size(this.#chance) })),
    }));
  }

  async run(): Promise<Outcome> {
    const everybody = [...this.#recipients, ...this.#senders.map(({ person }) => person)];
    await Promise.all(everybody.map((person) => person.arrive()));
    for (const { person, lanes } of this.#senders) for (const lane of lanes) person.sendOn(lane);
    const comings = [
      ...this.#recipients.map((person) => this.#comeAndGo(person, 60)),
      ...this.#senders.filter(({ lanes: [lane] }) => lane?.notify === true).map(({ person }) => this.#comeAndGo(person, 200)),
    ];
    await this.#killAll();
    this.#over = true;
    await Promise.all(comings);
    await this.#finish();
    await Promise.all(everybody.map(({ client }) => client.close()));
    return this.#outcome(everybody);
  }

  async #killAll(): Promise<void> {
    const { servers, kills, disk } = this.#options;
    for (let killed = 0; killed < kills; killed++) {
      if (disk !== undefined) await this.#withFullDisk(disk);
      await this.#wire.more(this.#chance.magnitude(5, 250));
      await servers.kill(this.#chance.of(servers.roles));
      this.#say(`kill ${killed + 1}`);
      servers.check();
      disk?.free();
    }
  }

  /** Not an octet is left for a while, then so little that nothing may be stored: that is how it is killed. */
  async #withFullDisk(disk: Disk): Promise<void> {
    await this.#wire.more(this.#chance.magnitude(50, 500));
    disk.fillBut(0);
    // What was committed before is still being answered.
    await this.#wire.more(50);
    const { stored } = this.#ledger.counts();
    await this.#wire.more(this.#chance.magnitude(50, 500));
    this.#falseYes += this.#ledger.counts().stored - stored;
    disk.fillBut(LITTLE);
  }

  /** Away while others go on, back for about as many messages as they are. */
  async #comeAndGo(person: Person, often: number): Promise<void> {
    while (!this.#over) {
      await this.#wire.more(this.#chance.magnitude(often, 20 * often));
      if (this.#over) return;
      this.#absences += 1;
      person.cable.pull();
      await this.#wire.more(this.#chance.magnitude(often, 10 * often));
      person.cable.plug();
      await person.arrive();
    }
  }

  /** Everybody comes and drains. */
  async #finish(): Promise<void> {
    this.#say('stopping');
    await Promise.all(this.#senders.map(async ({ person }) => { await person.stop(); this.#say(`stopped ${person.name}`); }));
    this.#say('finishing');
    await Promise.all(this.#senders.flatMap(({ person, lanes }) => lanes.map((lane) => person.finish(lane))));
    this.#say('draining');
    const late = new Promise<'late'>((resolve) => void setTimeout(() => resolve('late'), this.#options.patience).unref());
    while (!this.#ledger.settled && await Promise.race([late, this.#ledger.shows.more(1)]) !== 'late');
  }

  #say(what: string): void {
    if (process.env.SIMPLE_IM_DEBUG === undefined) return;
    const { sent, acknowledged, shown, lost } = this.#ledger.counts();
    process.stderr.write(`${(performance.now() / 1000).toFixed(1)} ${what}: wire ${this.#wire.count} sent ${sent} ack ${acknowledged} shown ${shown} waiting ${lost}\n`);
  }

  #outcome(everybody: readonly Person[]): Outcome {
    const refusals = new Map<string, number>();
    for (const person of everybody) for (const [kind, times] of person.refusals) refusals.set(kind, (refusals.get(kind) ?? 0) + times);
    const { kills, servers } = this.#options;
    return { ...this.#ledger.counts(), kills, absences: this.#absences, falseYes: this.#falseYes, recoveries: servers.recoveries, refusals, details: this.#ledger.details() };
  }
}
