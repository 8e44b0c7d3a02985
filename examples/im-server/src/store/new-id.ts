import type { Random } from '@simple-im/transport';

/** 128 bits that nobody can guess, as 22 URL-safe characters. */
export const newId = (random: Random): string => Buffer.from(random.bytes(16)).toString('base64url');
