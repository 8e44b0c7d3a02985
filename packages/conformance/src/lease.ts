import type { User } from './raw-sip.js';

export interface Lease {
  readonly users: readonly User[];
  readonly release: () => void;
}

interface Waiting {
  readonly count: number;
  readonly grant: (lease: Lease) => void;
}

/** Gives users to cases, each user to one case at a time. Who asked first is served first, so nobody waits for ever. */
export class UserPool {
  readonly #free: User[];
  readonly #waiting: Waiting[] = [];

  constructor(users: readonly User[]) {
    this.#free = [...users];
  }

  /** Waits for so many users; ask for no more than there are. */
  acquire(count: number): Promise<Lease> {
    return new Promise((grant) => {
      this.#waiting.push({ count, grant });
      this.#serve();
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.count <= this.#free.length; next = this.#waiting[0]) {
      this.#waiting.shift();
      const users = this.#free.splice(0, next.count);
      next.grant({ users, release: () => this.#release(users) });
    }
  }

  #release(users: readonly User[]): void {
    this.#free.push(...users);
    this.#serve();
  }
}
