import { DigestClient, type Hash, type RandomOctets } from '@simple-im/digest';
import { concatBytes } from '@simple-im/grammar';
import { imError } from './errors.js';
import { readProvisioning, type Provisioning } from './provisioning-document.js';

/** What is used of the answer of `fetch`. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> } } | null;
}

/** `globalThis.fetch`, or another that does the same. */
export type Fetch = (url: string, init: {
  readonly headers: Record<string, string>;
  readonly redirect: 'error';
  readonly credentials: 'omit';
  readonly signal?: AbortSignal;
}) => Promise<FetchResponse>;

export interface FetchOptions {
  readonly username: string;
  readonly password: string;
  readonly fetch: Fetch;
  /** `hash` and `random` of a platform. */
  readonly hash: Hash;
  readonly random: RandomOctets;
  readonly signal?: AbortSignal | undefined;
}

/** Octets of a document. */
const MOST_OCTETS = 65_536;

/**
 * Fetches the user's provisioning document; a Digest challenge is answered once. Rejects with IM_CREDENTIALS_REFUSED,
 * IM_PROVISIONING_UNREACHABLE (with the status of another answer than 200), IM_PROVISIONING_UNPROTECTED for `http:` to another
 * machine, IM_BAD_PROVISIONING, XML_...
 */
export async function fetchProvisioning(url: string, options: FetchOptions): Promise<Provisioning> {
  const { protocol, hostname, pathname, search } = parsed(url);
  if (protocol !== 'https:' && !isLoopback(hostname)) throw imError('IM_PROVISIONING_UNPROTECTED', { detail: hostname });
  let response = await get(url, options);
  const challenge = response.headers.get('WWW-Authenticate');
  if (response.status === 401 && challenge !== null) {
    await response.body?.getReader().cancel();
    const { username, password, hash, random } = options;
    const digest = new DigestClient({ hash, username, secret: { password }, random });
    const [credentials] = digest.answer(challenge, { method: 'GET', uri: pathname + search });
    if (credentials !== undefined) response = await get(url, options, credentials);
  }
  if (response.status === 200) return readProvisioning(await bodyOf(response));
  await response.body?.getReader().cancel();
  const { status } = response;
  const code = status === 401 ? 'IM_CREDENTIALS_REFUSED' : 'IM_PROVISIONING_UNREACHABLE';
  throw imError(code, { status, detail: `${status} from ${hostname}` });
}

async function get(url: string, { fetch, signal }: FetchOptions, authorization?: string): Promise<FetchResponse> {
  try {
    return await fetch(url, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
      // A redirection would take the credentials along.
      redirect: 'error',
      credentials: 'omit',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    throw imError('IM_PROVISIONING_UNREACHABLE', { cause, detail: cause instanceof Error ? cause.message : 'no answer' });
  }
}

async function bodyOf({ body }: FetchResponse): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const reader = body?.getReader();
  let octets = 0;
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    octets += piece.value.length;
    if (octets > MOST_OCTETS) {
      await reader?.cancel();
      throw imError('IM_BAD_PROVISIONING', { detail: `more than ${MOST_OCTETS} octets` });
    }
    pieces.push(piece.value);
  }
  return concatBytes(pieces);
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw imError('IM_BAD_OPTION', { cause, detail: 'url is not a URL' });
  }
}

/** What never leaves the machine. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
