import { utf8Text } from '@simple-im/grammar';
import { vectors } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import { buildConference, parseConference } from '../../src/documents/conference.js';
import { buildMessageSummary, parseMessageSummary } from '../../src/documents/message-summary.js';
import { buildPidf, parsePidf } from '../../src/documents/pidf.js';
import { buildPidfFull, parsePidfFull } from '../../src/documents/pidf-diff.js';
import { buildRegInfo, parseRegInfo } from '../../src/documents/reg.js';
import { buildRlmi, parseRlmi } from '../../src/documents/rlmi.js';
import { buildWatcherInfo, parseWatcherInfo } from '../../src/documents/watcher-info.js';
import { vector } from './support.js';

/** Reads, writes and reads once more. */
interface Codec { readonly parse: (bytes: Uint8Array) => unknown; readonly build: (value: never) => Uint8Array }

const pidf: Codec = { parse: parsePidf, build: buildPidf };
const codecs: readonly (readonly [prefix: RegExp, codec: Codec])[] = [
  [/^(3863|4479|4480|4481|4482)-/, pidf],
  [/^3858-/, { parse: parseWatcherInfo, build: buildWatcherInfo }],
  [/^4575-/, { parse: parseConference, build: buildConference }],
  [/^4662-.*xml$/, { parse: parseRlmi, build: buildRlmi }],
  [/^526[23]-.*(full|result|F4)\.xml$/, { parse: parsePidfFull, build: buildPidfFull }],
  [/^(3680|5628)-/, { parse: parseRegInfo, build: buildRegInfo }],
  [/^3842-/, { parse: parseMessageSummary, build: buildMessageSummary }],
];

const names = vectors(new URL('./vectors/', import.meta.url)).map(({ name }) => name);
const tested = names.flatMap((name) => codecs.filter(([prefix]) => prefix.test(name)).map(([, codec]) => ({ name, codec })));

describe('the examples of the RFCs', () => {
  it('are all read, but for changes and multipart bodies, which have tests of their own', () => {
    const others = names.filter((name) => !tested.some((one) => one.name === name));
    expect(others).toEqual(['4662-6-step11.txt', '4662-6-step13.txt', '4662-6-step3.txt', '5262-6-diff.xml', '5263-5-F5.xml']);
    expect(tested).toHaveLength(28);
  });

  it.each(tested)('$name is the same when written and read again', ({ name, codec }) => {
    const first = codec.parse(vector(name));
    const bytes = codec.build(first as never);
    expect(codec.parse(bytes)).toEqual(first);
    // Written again, it is the same to the octet: nothing is left to chance or added each time.
    expect(utf8Text(codec.build(codec.parse(bytes) as never))).toBe(utf8Text(bytes));
  });

  it.each(tested.filter(({ name }) => /^(3858|4480|4481|4482|4575|3680|5628)-/.test(name)))('$name needs no extensions',
    ({ name, codec }) => {
    expect(JSON.stringify(codec.parse(vector(name)))).not.toContain('"extensions"');
  });
});
