/*
 * Publication (RFC 3903) as data, both sides. In a state, an event leads to the next state and to actions, in order. An event
 * without a row is ignored in that state.
 */
import type { StateTable, Transition } from '@simple-im/sip';

export type PublicationState = 'unpublished' | 'publishing' | 'published' | 'updating' | 'removing';

/**
 * `publish`, `remove`: what our user wants. `failure`: a response that will be the same next time; `passing failure`: a timeout, 408,
 * or a server in trouble.
 */
export type PublicationInput =
  | 'publish' | 'remove' | '2xx' | '412' | '423' | 'failure' | 'passing failure' | 'timer refresh' | 'timer retry';

/** `hold wish` keeps what the user wants until the PUBLISH under way is answered (§4), `release wish` feeds it in. */
export type PublicationAction =
  | 'send initial' | 'send modify' | 'send refresh' | 'send remove' | 'send again' | 'hold wish' | 'release wish' | 'raise expiry'
  | 'take tag' | 'drop tag' | 'start refresh' | 'start retry' | 'stop timers' | 'tell published' | 'tell removed' | 'tell failure';

export type PublicationTable = StateTable<PublicationState, PublicationInput, PublicationAction>;

function to(next: PublicationState, ...actions: PublicationAction[]): Transition<PublicationState, PublicationAction> {
  return { next, actions };
}

export const publicationTable: PublicationTable = {
  name: 'Publication, publication agent',
  section: 'RFC 3903 §4, §5',
  initial: to('unpublished'),
  states: {
    unpublished: {
      publish: to('publishing', 'stop timers', 'send initial'),
      'timer retry': to('publishing', 'send initial'),
      remove: to('unpublished', 'stop timers', 'tell removed'),
    },
    publishing: {
      publish: to('publishing', 'hold wish'),
      remove: to('publishing', 'hold wish'),
      '2xx': to('published', 'take tag', 'start refresh', 'tell published', 'release wish'),
      '423': to('publishing', 'raise expiry', 'send again'),
      '412': to('unpublished', 'tell failure', 'release wish'),
      failure: to('unpublished', 'tell failure', 'release wish'),
      'passing failure': to('unpublished', 'start retry', 'release wish'),
    },
    published: {
      publish: to('updating', 'stop timers', 'send modify'),
      'timer refresh': to('updating', 'send refresh'),
      // Whether the one before was taken is not known, so that what is sent is the whole state.
      'timer retry': to('updating', 'send modify'),
      remove: to('removing', 'stop timers', 'send remove'),
    },
    updating: {
      publish: to('updating', 'hold wish'),
      remove: to('updating', 'hold wish'),
      '2xx': to('published', 'take tag', 'start refresh', 'tell published', 'release wish'),
      '412': to('publishing', 'drop tag', 'send initial'),
      '423': to('updating', 'raise expiry', 'send again'),
      failure: to('unpublished', 'drop tag', 'tell failure', 'release wish'),
      'passing failure': to('published', 'start retry', 'release wish'),
    },
    removing: {
      publish: to('removing', 'hold wish'),
      '2xx': to('unpublished', 'drop tag', 'tell removed', 'release wish'),
      // It is gone already.
      '412': to('unpublished', 'drop tag', 'tell removed', 'release wish'),
      failure: to('unpublished', 'drop tag', 'tell removed', 'release wish'),
      'passing failure': to('unpublished', 'drop tag', 'tell removed', 'release wish'),
    },
  },
};

export type CompositorState = 'absent' | 'stored';

/** The operations of §4.1, table 1; `expiry`: the time of the publication is over. */
export type CompositorInput = 'initial' | 'refresh' | 'modify' | 'remove' | 'expiry';

/** `replace`: the body is another one; `extend`: only time and tag are. */
export type CompositorAction = 'add' | 'replace' | 'extend' | 'delete' | 'answer 200' | 'answer 412' | 'tell';

export type CompositorTable = StateTable<CompositorState, CompositorInput, CompositorAction>;

/**
 * One publication at the compositor, found by its tag. An initial one of a source that has one already (its Call-ID says so)
 * replaces that: the answer with the new tag was lost, and the old state would stand beside the new one until it expires.
 */
export const compositorTable: CompositorTable = {
  name: 'Publication, compositor',
  section: 'RFC 3903 §6',
  initial: { next: 'absent', actions: [] },
  states: {
    absent: {
      initial: { next: 'stored', actions: ['add', 'answer 200', 'tell'] },
      refresh: { next: 'absent', actions: ['answer 412'] },
      modify: { next: 'absent', actions: ['answer 412'] },
      remove: { next: 'absent', actions: ['answer 412'] },
    },
    stored: {
      initial: { next: 'stored', actions: ['replace', 'answer 200', 'tell'] },
      refresh: { next: 'stored', actions: ['extend', 'answer 200'] },
      modify: { next: 'stored', actions: ['replace', 'answer 200', 'tell'] },
      remove: { next: 'absent', actions: ['delete', 'answer 200', 'tell'] },
      expiry: { next: 'absent', actions: ['delete', 'tell'] },
    },
  },
};
