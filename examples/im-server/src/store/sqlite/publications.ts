import type { Publication, PublicationStore } from '@simple-im/sip-events';
import type { SqliteDatabase } from './database.js';

/** Publications in the `publication` table, one row each. */
export class SqlitePublicationStore implements PublicationStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async list(event: string, resource: string): Promise<readonly Publication[]> {
    return (await this.#database.run('publication.list', event, resource)) as readonly Publication[];
  }

  async replace(event: string, resource: string, tag: string | undefined, next: Publication | undefined): Promise<boolean> {
    return (await this.#database.run('publication.replace', event, resource, tag, next)) as boolean;
  }

  /** In pages: there may be many. */
  async *all(): AsyncGenerator<Publication, void, undefined> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = (await this.#database.run('publication.all', after)) as readonly (Publication & { readonly number: number })[];
      for (const { number: _number, ...publication } of page) yield publication;
      after = page.at(-1)?.number;
    }
  }
}
