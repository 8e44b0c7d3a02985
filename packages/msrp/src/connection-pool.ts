import type { ConnectionDriver } from './connection-driver.js';

/** Connections that several sessions share, by where they go (RFC 4975 §5.4). */
export class ConnectionPool {
  readonly #attempts = new Map<string, Promise<ConnectionDriver>>();

  /** The connection of that key, or the one being made, or a new one. */
  async take(key: string, connect: () => Promise<ConnectionDriver>): Promise<ConnectionDriver> {
    for (let attempt = this.#attempts.get(key); attempt !== undefined; attempt = this.#attempts.get(key)) {
      // Another session's attempt may have been given up for reasons of its own: then try for ourselves.
      const driver = await attempt.catch(() => undefined);
      if (driver?.usable === true) return driver;
      this.#forget(key, attempt);
    }
    const attempt = connect();
    this.#attempts.set(key, attempt);
    try {
      const driver = await attempt;
      driver.whenClosed(() => this.#forget(key, attempt));
      return driver;
    } catch (error) {
      this.#forget(key, attempt);
      throw error;
    }
  }

  #forget(key: string, attempt: Promise<ConnectionDriver>): void {
    if (this.#attempts.get(key) === attempt) this.#attempts.delete(key);
  }
}
