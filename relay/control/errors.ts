/**
 * What goes wrong at a control socket, on either side of it: one error class, as each layer has (core/errors.ts).
 */

export class ControlError extends Error {
  override readonly name = 'ControlError';
  /** @param code `refused` came as an answer of the peer, all others are found on this side */
  constructor(
    readonly code:
      | 'bad-message'
      | 'too-long'
      | 'path-too-long'
      | 'no-peer'
      | 'forbidden'
      | 'unavailable'
      | 'cut'
      | 'refused',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
