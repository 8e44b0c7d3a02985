import { parseConfig, startServer, type RunningServer } from '../src/index.js';

/** The demo users on free loopback ports. */
export async function serverOnFreePorts(...more: string[]): Promise<RunningServer> {
  const parsed = parseConfig(['--demo', '--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0', ...more]);
  if (parsed.kind !== 'run') throw new Error('not a configuration');
  return startServer(parsed.config);
}
