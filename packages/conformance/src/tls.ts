/* TLS towards the target, with its certificate checked where the run has roots to check it by. */
import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls';

export interface Trust {
  /** Who the certificate must be of: the domain of SIP (RFC 5922 §7.2), or the host of a URI. */
  readonly name: string;
  /** Roots, in PEM; undefined to check nothing. */
  readonly roots: string | undefined;
}

/** Turns a connection into one over TLS. Rejects with what node:tls says. */
export async function secured(socket: Socket, { name, roots }: Trust, timeout: number): Promise<TLSSocket> {
  const secure = connect({
    socket,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(roots === undefined ? { rejectUnauthorized: false } : { ca: roots }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  });
  await once(secure, 'secureConnect', { signal: AbortSignal.timeout(timeout) });
  return secure;
}
