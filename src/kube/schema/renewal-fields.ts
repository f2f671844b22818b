import { durationText } from './duration-field.ts';
import { listOf, oneOf, optional, record, text } from './field.ts';

/** When a certificate is renewed. */
export function renewal() {
  return record('When the certificate is renewed, beyond how long before its end.', {
    policy: optional(
      oneOf('`RenewBefore`: in time before it ends. `Disabled`: never, unless somebody asks for it.', [
        'RenewBefore',
        'Disabled',
      ]),
    ),
    windows: optional(
      listOf(
        'Only in one of these windows, as long as that is in time.',
        record('One window.', {
          cron: text('When it opens: five fields, as for cron.', { minLength: 1 }),
          windowDuration: durationText('How long it is open, such as `2h`.'),
          timezone: optional(text('Time zone of `cron`, such as `Europe/Berlin`; UTC when missing.')),
        }),
        { maxItems: 100 },
      ),
    ),
  });
}
