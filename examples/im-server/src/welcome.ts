import type { Config } from './config.js';
import type { Ready } from './server.js';

/**
 * What a person reads after a start: addresses, demo users, the next command to try. `inRepository`: started by `npm start`, where
 * there is a demo to be played.
 */
export function welcome(config: Config, ready: Ready, inRepository: boolean): string {
  const isCore = config.roles.includes('core');
  const lines = ['', `simple-im serves ${ready.domain}`, `  SIP   ${ready.sip.join('  ')}`];
  if (ready.msrp.length > 0) lines.push(`  MSRP  ${ready.msrp.join('  ')}`);
  lines.push(`  HTTP  http://${ready.http}/  (healthz, metrics)`);
  if (!config.roles.includes('im')) lines.push(`  IM    ${config.imServer}  (the IM server, which must be started too: --roles im)`);
  if (!isCore) return `${[...lines, `  Core  ${config.core}  (registers and authenticates: --roles core)`].join('\n')}\n\n`;
  if (config.store.kind === 'sqlite') lines.push(`  Store sqlite:${config.store.path}`);
  else lines.push('  Store memory: registrations are gone when the server ends; --store sqlite:PATH keeps them');
  if (config.auth === 'none') lines.push('  Authentication is off: anyone on this machine may speak as anyone');
  if (config.demo) {
    lines.push('', 'Demo users, for any SIP client on this machine:');
    for (const user of config.users) if (user.password !== undefined) lines.push(`  ${user.aor}  password ${user.password}`);
    const next = inRepository ? 'npm run demo   (plays a conversation and draws it)' : `curl http://${ready.http}/metrics`;
    lines.push('', `Next, in another terminal: ${next}`);
  }
  return `${lines.join('\n')}\n\n`;
}
