/*
 * The other side of gate.mjs: when the process ends, what is being committed at that moment is finished first.
 */

const USING = 0;
const ENDING = 1;
/** Milliseconds that a commit may keep the process from ending. */
const PATIENCE = 5000;

const gates = new Set<Int32Array>();

/** Memory for one thread's gate, and how to forget it once the thread has ended. */
export function newGate(): { readonly shared: SharedArrayBuffer; readonly forget: () => void } {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  const gate = new Int32Array(shared);
  if (gates.size === 0) process.on('exit', closeGates);
  gates.add(gate);
  return {
    shared,
    forget: () => {
      gates.delete(gate);
      if (gates.size === 0) process.off('exit', closeGates);
    },
  };
}

function closeGates(): void {
  for (const gate of gates) Atomics.store(gate, ENDING, 1);
  for (const gate of gates) if (Atomics.load(gate, USING) === 1) Atomics.wait(gate, USING, 1, PATIENCE);
}
