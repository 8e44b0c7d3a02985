import { describe, expect, it } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import type { Address, ByteConnection, Network } from '@simple-im/transport';
import { GuardedNetwork, mediaDenyList } from '../../src/media/guarded-network.js';

interface Guarded {
  readonly dialled: Address[];
  readonly lookups: string[];
  connect(host: string): Promise<unknown>;
}

/** A network that dials nobody, behind the guard; names answer one address after the other. */
function guarded(
  options: {
    readonly denied?: readonly string[];
    readonly listening?: readonly string[];
    readonly names?: Readonly<Record<string, readonly string[][]>>;
  } = {},
): Guarded {
  const { denied, listening = ['192.0.2.1'], names = {} } = options;
  const dialled: Address[] = [];
  const lookups: string[] = [];
  const unused = (): never => {
    throw new Error('not used');
  };
  const network: Network = {
    bindUdp: unused,
    listenTcp: unused,
    connectTcp: async (remote) => (dialled.push(remote), {} as ByteConnection),
  };
  const resolver = { lookup: async (host: string) => (lookups.push(host), names[host]?.[lookups.length - 1] ?? []) };
  const guard = new GuardedNetwork(network, resolver, mediaDenyList({ denied, listening }));
  return { dialled, lookups, connect: (host) => guard.connectTcp({ host, port: 2855 }) };
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return error.code;
  }
}

describe('where MSRP may be dialled out to', () => {
  it.each([
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
  ])('is not %s (RFC 6890)', async (host) => {
    const { connect, dialled } = guarded();
    expect(await codeOf(connect(host))).toBe('IM_MEDIA_DENIED');
    expect(dialled).toEqual([]);
  });

  it.each(['192.0.2.7', '172.15.0.1', '172.32.0.1', '11.0.0.1', '2001:db8::1', '::ffff:192.0.2.7'])('is %s', async (host) => {
    const { connect, dialled } = guarded();
    expect(await codeOf(connect(host))).toBeUndefined();
    expect(dialled).toEqual([{ host, port: 2855 }]);
  });

  it('is the range of an address we listen on, and no other; never the unspecified one (DESIGN, --media-deny)', async () => {
    const onLoopback = guarded({ listening: ['127.0.0.1'] });
    expect(await Promise.all(['127.0.0.1', '10.0.0.1', '::1', '0.0.0.0'].map((host) => codeOf(onLoopback.connect(host))))).toEqual([
      undefined,
      'IM_MEDIA_DENIED',
      'IM_MEDIA_DENIED',
      'IM_MEDIA_DENIED',
    ]);
    const everywhere = guarded({ listening: ['0.0.0.0', '::'] });
    expect(await Promise.all(['127.0.0.1', '0.0.0.0', '::1', '::'].map((host) => codeOf(everywhere.connect(host))))).toEqual(
      Array(4).fill('IM_MEDIA_DENIED'),
    );
  });

  it('is what --media-deny leaves, if given', async () => {
    const { connect } = guarded({ denied: ['192.0.2.0/24', '2001:db8::/32'] });
    expect(await Promise.all(['10.0.0.1', '192.0.2.9', '2001:db8::9', '127.0.0.1'].map((host) => codeOf(connect(host))))).toEqual([
      undefined,
      'IM_MEDIA_DENIED',
      'IM_MEDIA_DENIED',
      undefined,
    ]);
  });

  it('is asked of the resolver once: what was checked is dialled, whatever the name says next', async () => {
    const { connect, dialled, lookups } = guarded({ names: { 'rebind.example': [['192.0.2.9'], ['127.0.0.1']] } });
    await connect('rebind.example');
    expect([lookups, dialled]).toEqual([['rebind.example'], [{ host: '192.0.2.9', port: 2855 }]]);
    expect(await codeOf(connect('rebind.example'))).toBe('IM_MEDIA_DENIED');
    expect(dialled).toHaveLength(1);
  });

  it('is the first address of a name that may be', async () => {
    const { connect, dialled } = guarded({ names: { 'both.example': [['10.0.0.1', '2001:db8::5', '192.0.2.9']] } });
    await connect('both.example');
    expect(dialled).toEqual([{ host: '2001:db8::5', port: 2855 }]);
  });
});
