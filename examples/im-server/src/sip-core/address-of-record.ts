/*
 * Which user a URI means.
 */
import { aorOf, type Uri } from '@simple-im/grammar';

/**
 * The canonical address-of-record of a user of ours (RFC 3261 §10.3 step 5). `sips:` (§19.1), `im:` and `pres:` (RFC 3428 §5)
 * name the same person as `sip:`, so nobody gets a second identity by spelling the first one differently.
 */
export function userOf(uri: Uri): string {
  return aorOf(uri).replace(/^(?:sips|im|pres):/, 'sip:');
}
