/* The stores that the contract holds for. */
import { nodeRandom } from '@simple-im/transport/node';
import { defaultLimits, type StoreLimits } from '../../src/store/limits.js';
import { openStore, type Store } from '../../src/store/open.js';

export const stores: readonly { readonly kind: string; open(limits?: StoreLimits): Promise<Store> }[] = [
  { kind: 'memory', open: (limits = defaultLimits) => openStore({ kind: 'memory' }, nodeRandom, limits) },
];
