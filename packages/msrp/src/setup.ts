import { msrpError } from './errors.js';

/** The values of `a=setup` (RFC 4145 §4). */
export type Setup = 'active' | 'passive' | 'actpass' | 'holdconn';
/** What may be written: `holdconn` must not be sent (RFC 6135 §4.2.1). */
export type OfferedSetup = Exclude<Setup, 'holdconn'>;

export interface Negotiated {
  /** The value for our answer. */
  readonly answer: 'active' | 'passive';
  /** Whether we open the connection and send the first SEND. */
  readonly weConnect: boolean;
}

/*
 * RFC 6135 §4.2: offered value -> what the answerer may be. An absent value is the model of RFC 4975 §8.5, in which the
 * offerer connects; `holdconn` counts as absent. Offering `passive` is forbidden, but a profile of OMA does it.
 */
const answerable: Readonly<Record<Setup | 'absent', readonly ('active' | 'passive')[]>> = {
  active: ['passive'],
  passive: ['active'],
  actpass: ['passive', 'active'],
  holdconn: ['passive'],
  absent: ['passive'],
};

/**
 * What to answer to an offered `a=setup` (RFC 6135 §4.2). `preferred` counts where the offer leaves the choice; without
 * it `passive` is preferred.
 */
export function negotiateSetup(offered: Setup | undefined, preferred?: 'active' | 'passive'): Negotiated {
  const choices = answerable[offered ?? 'absent'];
  const answer = preferred !== undefined && choices.includes(preferred) ? preferred : choices[0] as 'active' | 'passive';
  return { answer, weConnect: answer === 'active' };
}

/** The offerer's side: who connects once the answer is here. `MSRP_SDP_SETUP` when both would, or neither. */
export function connectionRole(offered: OfferedSetup | undefined, answered: Setup | undefined): 'active' | 'passive' {
  // A peer without RFC 6135 says nothing and waits for the offerer (RFC 6135 §4.2.2).
  if (answered === undefined || answered === 'holdconn') return 'active';
  if (!(answerable[offered ?? 'absent'] as readonly string[]).includes(answered)) {
    throw msrpError('MSRP_SDP_SETUP', { detail: `${answered} in answer to ${offered ?? 'none'}` });
  }
  return answered === 'active' ? 'passive' : 'active';
}
