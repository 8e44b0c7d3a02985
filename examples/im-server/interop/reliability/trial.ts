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
  /** Milliseconds without anything arriving after which, at the end, what has not come is lost. */
  readonly patience: number;
  /** How it goes, now and then. */
  readonly told?: ((text: string) => void) | undefined;
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
  /** Steps once, when the last kill is over. */
  readonly #over = new Progress();

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
    this.#over.step();
    await Promise.all(comings);
    await this.#finish();
    await Promise.all(everybody.map(({ client }) => client.close()));
    return this.#outcome(everybody);
  }

  async #killAll(): Promise<void> {
    const { servers, kills, disk, told } = this.#options;
    for (let killed = 1; killed <= kills; killed++) {
      if (disk !== undefined) await this.#withFullDisk(disk);
      await this.#wire.more(this.#chance.magnitude(5, 250));
      await servers.kill(this.#chance.of(servers.roles));
      servers.check();
      disk?.free();
      if (killed % 50 === 0) told?.(`killed ${killed} times, ${this.#ledger.acknowledgements.count} messages acknowledged, ${this.#ledger.shows.count} shown and told`);
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
    const over = this.#over.more(1);
    for (;;) {
      await Promise.race([over, this.#wire.more(this.#chance.magnitude(often, 20 * often))]);
      if (this.#over.count > 0) return;
      this.#absences += 1;
      person.cable.pull();
      await Promise.race([over, this.#wire.more(this.#chance.magnitude(often, 10 * often))]);
      person.cable.plug();
      await person.arrive();
    }
  }

  /** Everybody comes and drains. */
  async #finish(): Promise<void> {
    await Promise.all(this.#senders.map(({ person }) => person.stop()));
    await Promise.all(this.#senders.flatMap(({ person, lanes }) => lanes.map((lane) => person.finish(lane))));
    while (!this.#ledger.settled && await this.#comesMore());
  }

  /** False when nothing more is shown or told for so long. */
  async #comesMore(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), this.#options.patience); });
    const more = await Promise.race([late, this.#ledger.shows.more(1).then(() => true)]);
    clearTimeout(timer);
    return more;
  }

  #outcome(everybody: readonly Person[]): Outcome {
    const refusals = new Map<string, number>();
    for (const person of everybody) for (const [kind, times] of person.refusals) refusals.set(kind, (refusals.get(kind) ?? 0) + times);
    const { kills, servers } = this.#options;
    return { ...this.#ledger.counts(), kills, absences: this.#absences, falseYes: this.#falseYes, recoveries: servers.recoveries, refusals, details: this.#ledger.details() };
  }
}
