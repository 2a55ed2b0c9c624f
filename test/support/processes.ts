import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether the system tells of its processes in files, as Linux does. Elsewhere these functions throw. */
export const KNOWS_PROCESSES = existsSync('/proc/net/tcp');

/** Of a process and all its descendants, on any address. */
export function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    withDescendants(pid).flatMap((each) =>
      readdirSync(`/proc/${each}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${each}/fd/${fd}`))?.[1] ?? [];
        } catch {
          return [];
        }
      }),
    ),
  );
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode ?? ''))
    .map(([, address]) => Number.parseInt(address?.split(':')[1] ?? '', 16));
}

/** A process with its children, theirs, and so on. */
export function withDescendants(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withDescendants)];
}
