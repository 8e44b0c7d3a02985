import type { RequestListener } from 'node:http';
import { startLoopback } from '../test/loopback.js';

/** What the page and its peer register with. */
export interface ServerForPages {
  /** For the option `proxy`. */
  readonly proxy: string;
  /** Where the pages are. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A server that knows alice and bob of example.com by the password `wonderland`, with WebSockets on the loopback interface. */
export async function startServerForPages(pages: RequestListener): Promise<ServerForPages> {
  const { web, close } = await startLoopback(pages);
  return { proxy: `ws://${web}/sip`, origin: `http://${web}`, close };
}
