/** A mistake in the options: `message` is the one line to print before exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
