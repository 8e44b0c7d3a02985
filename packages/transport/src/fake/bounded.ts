import { CONNECT_TIMEOUT } from '../defaults.js';
import { transportError } from '../errors.js';
import type { ByteConnection, Clock } from '../ports.js';

export interface Bounds {
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}

/** Connects, then shakes hands, within the bounds of one attempt: TRANSPORT_TIMEOUT, TRANSPORT_ABORTED. */
export async function bounded<T>(
  clock: Clock | undefined,
  { signal, timeout }: Bounds,
  where: string,
  connect: (bounds: { readonly signal?: AbortSignal; readonly timeout?: number }) => Promise<ByteConnection>,
  shake: (below: ByteConnection) => Promise<T>,
): Promise<T> {
  const limit = timeout ?? (signal === undefined ? CONNECT_TIMEOUT : undefined);
  const started = clock?.now() ?? 0;
  const below = await connect({ ...(signal === undefined ? {} : { signal }), ...(limit === undefined ? {} : { timeout: limit }) });
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error): void => {
      settle();
      reject(error);
      below.destroy();
    };
    const late = (): void => giveUp(transportError('TRANSPORT_TIMEOUT', { detail: `${where} in the handshake` }));
    const timer = limit === undefined || clock === undefined ? undefined : clock.setTimer(limit - (clock.now() - started), late);
    const aborted = (): void => giveUp(transportError('TRANSPORT_ABORTED', { detail: where, cause: signal?.reason }));
    const settle = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', aborted);
    };
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    shake(below).then((value) => {
      settle();
      resolve(value);
    }, giveUp);
  });
}
