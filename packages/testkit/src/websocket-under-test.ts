import type { Address, MessageConnection, WebSocketConnectOptions, WebSocketNetwork } from '@simple-im/transport';

/** What the server under test is told to take. */
export interface WebSocketServing {
  readonly path: string;
  readonly protocols: readonly string[];
  readonly maxMessage?: number;
  readonly maxConnections?: number;
  readonly allowOrigin?: (origin: string | undefined) => boolean;
}

export interface WebSocketUnderTest {
  readonly webSockets: WebSocketNetwork;
  /** Starts a server on a free port; `url` is that of its root, without a slash behind it. */
  serve(
    options: WebSocketServing,
    accept: (connection: MessageConnection, request: { readonly remote: Address; readonly target: string }) => void,
  ): Promise<{ readonly url: string; close(): Promise<void> }>;
  /** The client is that of a browser: without addresses, reasons and backpressure. */
  readonly browser: boolean;
}

export interface WebSocketCase {
  readonly name: string;
  run(subject: WebSocketUnderTest): Promise<void>;
}

export const SIP: WebSocketServing = { path: '/sip', protocols: ['sip'] };

interface Ends {
  readonly client: MessageConnection;
  readonly server: MessageConnection;
  readonly target: string;
}

/** Starts a server, connects to it, runs, and takes all down. */
export async function connected(
  subject: WebSocketUnderTest,
  run: (ends: Ends) => Promise<void>,
  serving: Partial<WebSocketServing> = {},
  options: Partial<WebSocketConnectOptions> = {},
): Promise<void> {
  let tell: (accepted: { readonly server: MessageConnection; readonly target: string }) => void;
  const accepted = new Promise<{ readonly server: MessageConnection; readonly target: string }>((resolve) => { tell = resolve; });
  const { url, close } = await subject.serve({ ...SIP, ...serving }, (server, { target }) => tell({ server, target }));
  const client = await subject.webSockets.connectWebSocket(`${url}/sip?x=1`, { protocols: ['sip'], ...options });
  const { server, target } = await accepted;
  try {
    await run({ client, server, target });
  } finally {
    client.destroy();
    server.destroy();
    await close();
  }
}
