import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { messageOf } from '../core/error.ts';
import type { Delivery } from '../issuance/ports.ts';

const LONGEST_RUN = 60_000;
const LONGEST_OUTPUT = 2000;

export interface AfterHookOptions {
  /** The shell command of a certificate, or undefined when it has none. */
  readonly commandOf: (certificateId: string) => string | undefined;
  /** Told when the command fails. The certificate is in place all the same. */
  readonly onFailure: (certificateId: string, message: string) => void;
}

/**
 * A delivery that runs a command after the files are in place, such as a reload of a web server. A crash between the two makes it
 * run again at the next start: it runs at least once for each certificate.
 */
export function withAfterHook(delivery: Delivery, { commandOf, onFailure }: AfterHookOptions): Delivery {
  return {
    current: (certificateId) => delivery.current(certificateId),
    async deliver(issued) {
      const places = await delivery.deliver(issued);
      const { id, names } = issued.certificate;
      const command = commandOf(id);
      if (command === undefined) return places;
      const failure = await runCommand(command, {
        EVERCERT_CERTIFICATE: id,
        EVERCERT_NAMES: names.join(' '),
        EVERCERT_FOLDER: dirname(places[0] ?? ''),
      });
      if (failure !== undefined) onFailure(id, `the command after delivery, "${command}", failed: ${failure}`);
      return places;
    },
  };
}

/** Runs a shell command, at most a minute. Returns what went wrong, with the end of its output, or undefined. */
function runCommand(command: string, environment: Record<string, string>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, env: { ...process.env, ...environment }, timeout: LONGEST_RUN });
    let output = '';
    const keep = (data: Buffer) => {
      output = (output + data.toString()).slice(-LONGEST_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve(messageOf(error)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        resolve(
          [signal === null ? `exit code ${code}` : `ended by ${signal}`, output.trim()]
            .filter((part) => part !== '')
            .join(': '),
        );
    });
  });
}
