import { utf8, utf8Text } from '@simple-im/grammar';

/** A string of its own: a slice keeps the whole datagram it came in. */
export function copied(text: string): string;
export function copied(text: string | undefined): string | undefined;
export function copied(text: string | undefined): string | undefined {
  return text === undefined ? undefined : utf8Text(utf8(text));
}
