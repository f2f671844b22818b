import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who has a port, as far as the system tells. */
export interface PortHolder {
  readonly program: string;
  readonly pid: number;
}

/**
 * The program that holds a port, on Linux: the socket's inode from /proc/net, and the process that has it open. Undefined on other
 * systems, and when the process belongs to somebody else whose files we may not see.
 */
export function portHolder(transport: 'udp' | 'tcp', port: number): PortHolder | undefined {
  const inodes = new Set([...socketInodes(transport, port), ...socketInodes(`${transport}6`, port)]);
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((entry) => /^\d+$/.test(entry))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '')?.[1];
      if (inode !== undefined && inodes.has(inode)) return { program: programOf(pid), pid: Number(pid) };
    }
  }
  return undefined;
}

/** Columns: slot, local address:port in hex, remote, state, queues, timer, retransmits, uid, timeout, inode (proc(5)). */
function socketInodes(table: string, port: number): string[] {
  const lines = (attempt(() => readFileSync(`/proc/net/${table}`, 'utf8')) ?? '').split('\n').slice(1);
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const LISTEN = '0A';
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      (columns) => columns[1]?.endsWith(`:${hex}`) === true && (!table.startsWith('tcp') || columns[3] === LISTEN),
    )
    .map((columns) => columns[9] ?? '');
}

/** The name of the file it runs, which is not cut short as `comm` is; for a script, the interpreter's. */
function programOf(pid: string): string {
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0')[0] ?? '';
  const name = command.slice(command.lastIndexOf('/') + 1);
  return name === '' ? (attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8'))?.trim() ?? 'a program') : name;
}

function list(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
