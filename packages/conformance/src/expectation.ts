/*
 * The three ways a case can end badly. What is thrown here is a verdict; anything else thrown while a case runs is a fault of
 * the harness.
 */

/** The target did not do what the clause asks: verdict `fail`. */
export class ExpectationFailed extends Error {
  override readonly name: string = 'ExpectationFailed';
}

/** Nothing came in time. */
export class NothingCame extends ExpectationFailed {}

/** The connection is gone, or never was. */
export class ConnectionEnded extends ExpectationFailed {}

/** What the case builds on did not come about, so it says nothing about its clause: verdict `inconclusive`. */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed';
}

/** Ends the case with verdict `fail`. */
export function fail(reason: string): never {
  throw new ExpectationFailed(reason);
}

/** Ends the case with verdict `fail` unless the condition holds; `reason` says what the target did wrong. */
export function check(condition: boolean, reason: string): asserts condition {
  if (!condition) fail(reason);
}

/** Ends the case with verdict `fail` unless both are the same. */
export function equal(what: string, actual: string | number | undefined, expected: string | number | undefined): void {
  if (actual !== expected) fail(`${what} is ${shown(actual)}, expected ${shown(expected)}`);
}

function shown(value: string | number | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/** Runs a step the case builds on: what fails in it makes the case inconclusive. */
export async function precondition<T>(step: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof ExpectationFailed) throw new PreconditionFailed(`${step}: ${error.message}`, { cause: error });
    throw error;
  }
}
