import { startLoopback } from '../test/loopback.js';

/** What the page and its peer register with. */
export interface ServerForPages {
  /** For the option `proxy`. */
  readonly proxy: string;
  /** Of sip:alice@example.com and sip:bob@example.com. */
  readonly passwords: { readonly alice: string; readonly bob: string };
  close(): Promise<void>;
}

/** A server that takes WebSockets on the loopback interface, from pages of that origin. */
export async function startServerForPages(_origin: string): Promise<ServerForPages> {
  const { web, close } = await startLoopback();
  return { proxy: `ws://${web}/sip`, passwords: { alice: 'wonderland', bob: 'wonderland' }, close };
}
